// @weir/enrich: what a flow means. An inventory in, the identity columns of batches out; no I/O.
export { Enricher, type EnricherOptions } from './enricher.ts';
export { exporterNode, inventoryEntities, unresolvedRow } from './entities.ts';
export { InventoryError, type InventoryErrorCode } from './errors.ts';
export {
  type Inventory,
  type InventoryInput,
  type InventoryNode,
  type InventoryPod,
  type InventoryService,
  inventoryJsonSchema,
  parseInventory,
} from './inventory.ts';
export { unresolvedKeys } from './unresolved.ts';
