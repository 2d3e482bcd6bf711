// @weir/server: composition. What the command line starts and what generated documents read.

export type { Directories } from './child.ts';
export { type Cleaned, cleanDemo } from './clean-demo.ts';
export { type ConfigSources, loadConfig } from './config/load.ts';
export { flagOf, variableOf } from './config/names.ts';
export {
  type Config,
  ConfigSchema,
  configJsonSchema,
  type ItemSettings,
  itemSettings,
  type Setting,
  settings,
} from './config/schema.ts';
export { secretInArguments, withoutSecrets } from './config/secrets.ts';
export { ServerError, type ServerErrorCode } from './errors.ts';
export {
  type BackupCareOptions,
  backupStoreOf,
  type CareOptions,
  checkStoreOf,
  repairStoreOf,
  restoreStoreOf,
} from './maintenance/store-care.ts';
export { prepareDirectories } from './supervisor/directories.ts';
export type { ReloadResult } from './supervisor/reload.ts';
export { requestReload } from './supervisor/request-reload.ts';
export { type ServeOptions, serve } from './supervisor/supervise.ts';
export { VERSION } from './version.ts';
