public import CZstd

/// Prefetches the cache line at an address that will be read soon. Any address is allowed.
@inlinable package func prefetch(_ address: UnsafeRawPointer) {
    sparsestore_prefetch(address)
}
