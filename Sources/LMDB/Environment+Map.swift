import CLMDB
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Moves the map. liblmdb requires that no transaction of this process is live meanwhile, and does not check it.
extension Environment {
    /// Doubles the map within the limit and the space that the system grants. Called after MAP_FULL, with the
    /// transaction aborted.
    func growMap(_ operation: String) throws(LMDBError) {
        let start = try information(operation).mapSize
        try remap(operation) { information in
            // Another thread may have grown the map while this one waited.
            guard information.mapSize <= start else { return nil }
            let (doubled, overflow) = start.multipliedReportingOverflow(by: 2)
            return Range(uncheckedBounds: (start + 1, overflow ? Int.max : doubled))
        }
    }

    /// Adopts the size after MAP_RESIZED: another process wrote past the end of this process's map.
    func adoptMap(_ operation: String) throws(LMDBError) {
        try remap(operation) { information in
            guard information.usedBytes > information.mapSize else { return nil }
            let (doubled, overflow) = information.usedBytes.multipliedReportingOverflow(by: 2)
            return Range(uncheckedBounds: (information.usedBytes, overflow ? Int.max : doubled))
        }
    }

    /// Drains the live transactions, then remaps. `sizes` has the minimum that helps and the maximum that is wanted.
    private func remap(
        _ operation: String, sizes: (MapInformation) -> Range<Int>?
    ) throws(LMDBError) {
        try withDrained(operation, undrained: undrainedError(operation)) { (state, handle) throws(LMDBError) in
            let information = MapInformation(handle)
            guard let wanted = sizes(information) else { return }
            let size = try grantedSize(wanted, replacing: information.mapSize, operation)
            let status = mdb_env_set_mapsize(handle, size)
            guard status == MDB_SUCCESS else {
                // liblmdb has already unmapped the old map, so any access to the handle would fault.
                state.needsReopen = true
                throw LMDBError(
                    .needsReopen,
                    "growing the memory map failed and the map was lost; close the environment and open it again",
                    operation: operation, path: path.string, underlying: status)
            }
            state.mapEpoch += 1
        }
    }

    /// Runs the body while no transaction of this process is live and none begins.
    ///
    /// - Parameter undrained: The error if they do not end in time.
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
        // Readers of dead processes do not block the map, but they pin the pages that filled it.
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

    /// The largest acceptable size for which the system has address space, with room for the rest of the process. Asked
    /// before liblmdb gives up the old map, because it cannot get that back.
    private func grantedSize(
        _ wanted: Range<Int>, replacing old: Int, _ operation: String
    ) throws(LMDBError) -> Int {
        let limit = EnvironmentOptions.roundedMapSize(options.mapSizeLimit)
        let least = EnvironmentOptions.roundedMapSize(wanted.lowerBound)
        var size = min(EnvironmentOptions.roundedMapSize(wanted.upperBound), limit)
        guard least <= limit else {
            throw LMDBError(
                .mapFull,
                "the database has reached its limit of \(limit) bytes; raise the limit, or delete data and compact",
                operation: operation, path: path.string, underlying: MDB_MAP_FULL)
        }
        while true {
            // What the old map takes is free afterwards.
            if AddressSpace.grants(size + max(0, AddressSpace.room - old)) { return size }
            guard size > least else {
                throw LMDBError(
                    .mapFull,
                    "the map (mapSize) has to grow to \(least) bytes, and the process may not have the address space "
                        + "for that and \(AddressSpace.room) bytes for all else; raise its limit (ulimit -v)",
                    operation: operation, path: path.string, underlying: MDB_MAP_FULL)
            }
            size = max(least, EnvironmentOptions.roundedMapSize(least + (size - least) / 2))
            if size - least <= EnvironmentOptions.mapGranule { size = least }
        }
    }
}
