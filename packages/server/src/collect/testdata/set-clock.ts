// Loaded before all else in each thread of a process: the wall clock is off by as many milliseconds as the file says that CLOCK_FILE names.
import { readFileSync } from 'node:fs';

const now = Date.now.bind(Date);
const file = process.env.CLOCK_FILE ?? '';
Date.now = () => now() + Number(readFileSync(file, 'utf8'));
