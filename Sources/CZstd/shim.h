#ifndef SPARSESTORE_CZSTD_SHIM_H
#define SPARSESTORE_CZSTD_SHIM_H
#include <zdict.h>
#include <zstd.h>
#include <zstd_errors.h>

/// Asks the processor to load the cache line at an address that will be read soon. Any address is valid, because
/// nothing is read.
static inline void sparsestore_prefetch(const void *address) { __builtin_prefetch(address); }

#endif
