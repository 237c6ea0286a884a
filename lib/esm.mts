// ES modules get the same objects as CommonJS callers: one Tensor class per process, whatever way it is imported.
export * from './index.js';
