// Which binaries npm should have installed on this machine and has not: npm passes over an optional package that it could not fetch, and
// ends well. Plain JavaScript, because the system's Node runs it, from setup.mjs.

const fits = (wanted, value) => wanted === undefined || [wanted].flat().includes(value);

/**
 * Paths of the lock's optional packages that are made for a machine (`os`, `cpu` and, where it matters, `libc` as npm names them)
 * and are not there. Packages for no machine in particular are optional indeed.
 */
export function missingBinaries(lock, machine, isInstalled) {
  return Object.entries(lock.packages)
    .filter(([, { optional, os, cpu, libc }]) => {
      const forMachines = optional === true && os !== undefined && cpu !== undefined;
      return forMachines && fits(os, machine.os) && fits(cpu, machine.cpu) && fits(libc, machine.libc);
    })
    .map(([path]) => path)
    .filter((path) => !isInstalled(path));
}

/** The machine that this process runs on. */
export function thisMachine() {
  const { glibcVersionRuntime } = process.report.getReport().header;
  return { os: process.platform, cpu: process.arch, libc: glibcVersionRuntime === undefined ? 'musl' : 'glibc' };
}
