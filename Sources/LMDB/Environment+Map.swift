import CLMDB
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Moving the map. liblmdb demands that no transaction of this process lives meanwhile, and does not check it.
extension Environment {
    /// After MAP_FULL, with the transaction aborted: doubles the map, within the limit and what the system grants.
    func growMap(_ operation: String) throws(LMDBError) {
        let start = try information(operation).mapSize
        try remap(operation) { information in
            // Another thread may have done it while this one waited.
            guard information.mapSize <= start else { return nil }
            let (doubled, overflow) = start.multipliedReportingOverflow(by: 2)
            return Range(uncheckedBounds: (start + 1, overflow ? Int.max : doubled))
        }
    }

    /// After MAP_RESIZED: another process wrote past the end of this one's map.
    func adoptMap(_ operation: String) throws(LMDBError) {
        try remap(operation) { information in
            guard information.usedBytes > information.mapSize else { return nil }
            let (doubled, overflow) = information.usedBytes.multipliedReportingOverflow(by: 2)
            return Range(uncheckedBounds: (information.usedBytes, overflow ? Int.max : doubled))
        }
    }

    /// Drains the live transactions, then maps anew. `sizes` names the least that helps and the most that is wanted.
    private func remap(
        _ operation: String, sizes: (MapInformation) -> Range<Int>?
    ) throws(LMDBError) {
        try withDrained(operation, undrained: undrainedError(operation)) { (state, handle) throws(LMDBError) in
            guard let wanted = sizes(MapInformation(handle)) else { return }
            let size = try grantedSize(wanted, operation)
            let status = mdb_env_set_mapsize(handle, size)
            guard status == MDB_SUCCESS else {
                // liblmdb has unmapped the old map by now, and every look at the handle would fault.
                state.needsReopen = true
                throw LMDBError(
                    .needsReopen, "the map was lost while it grew; close the environment and open it again",
                    operation: operation, path: path.string, underlying: status)
            }
            state.mapEpoch += 1
        }
    }

    /// Runs the body when no transaction of this process lives, while none begins.
    ///
    /// - Parameter undrained: thrown when they do not end in time.
    func withDrained(
        _ operation: String, undrained: LMDBError,
        _ body: (inout GateState, _ handle: OpaquePointer) throws(LMDBError) -> Void
    ) throws(LMDBError) {
        try requireSameProcess(operation)
        try gate.withLock(
            waitingUpTo: options.drainTimeout, until: { !$0.isRemapping || $0.isClosing }
        ) { (state, isReady) throws(LMDBError) in
            guard state.handle != nil, !state.isClosing else { throw closedError(operation) }
            guard isReady else { throw undrained }
            state.isRemapping = true
        }
        // Dead processes' readers do not stand in the way of the map, but pin the pages that filled it.
        _ = try? clearStaleReaders()
        try gate.withLock(
            waitingUpTo: options.drainTimeout, until: { $0.uses == 0 || $0.isClosing }
        ) { (state, isReady) throws(LMDBError) in
            state.isRemapping = false
            guard let handle = state.handle, !state.isClosing else { throw closedError(operation) }
            guard !state.needsReopen else { throw poisonedError(operation) }
            guard isReady else { throw undrained }
            try body(&state, handle)
        }
    }

    /// The largest acceptable size for which the system has address space. Asked before liblmdb gives up the old map,
    /// because it cannot get that back.
    private func grantedSize(_ wanted: Range<Int>, _ operation: String) throws(LMDBError) -> Int {
        let limit = EnvironmentOptions.roundedMapSize(options.mapSizeLimit)
        let least = EnvironmentOptions.roundedMapSize(wanted.lowerBound)
        var size = min(EnvironmentOptions.roundedMapSize(wanted.upperBound), limit)
        guard least <= limit else {
            throw LMDBError(
                .mapFull, "the database has reached its limit of \(limit) bytes; raise it, or delete and compact",
                operation: operation, path: path.string, underlying: MDB_MAP_FULL)
        }
        while true {
            if AddressSpace.grants(size) { return size }
            guard size > least else {
                throw LMDBError(
                    .mapFull, "the system grants no address space of \(least) bytes; lift the process's limit",
                    operation: operation, path: path.string, underlying: MDB_MAP_FULL)
            }
            size = max(least, EnvironmentOptions.roundedMapSize(least + (size - least) / 2))
            if size - least <= EnvironmentOptions.mapGranule { size = least }
        }
    }
}
