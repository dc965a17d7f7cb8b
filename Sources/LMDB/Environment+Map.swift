import CLMDB
internal import Platform
import SystemPackage

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
                    .needsReopen, problem: "growing the memory map failed and the map was lost",
                    remedy: "close the environment and open it again",
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
                .mapFull, problem: "the database has reached its limit of \(limit) bytes",
                remedy: "raise the limit, or delete data and compact",
                operation: operation, path: path.string, underlying: MDB_MAP_FULL)
        }
        while true {
            // The address space of the old map becomes free.
            if AddressSpace.grants(size + max(0, AddressSpace.room - old)) { return size }
            guard size > least else {
                throw LMDBError(
                    .mapFull,
                    problem: "the map (mapSize) has to grow to \(least) bytes, and the process may not "
                        + "have the address space for that and \(AddressSpace.room) bytes for all else",
                    remedy: "raise its limit (ulimit -v)",
                    operation: operation, path: path.string, underlying: MDB_MAP_FULL)
            }
            size = max(least, EnvironmentOptions.roundedMapSize(least + (size - least) / 2))
            if size - least <= EnvironmentOptions.mapGranule { size = least }
        }
    }
}

/// The result of `mdb_env_info`. It reads through the map: call it only under the gate's lock, or while counted as a
/// use.
struct MapInformation {
    let mapSize: Int
    let pageSize: Int
    let lastPage: Int
    let maximumReaders: Int
    let lastTransactionID: UInt64

    init(_ handle: OpaquePointer) {
        var information = MDB_envinfo()
        mdb_env_info(handle, &information)
        var statistics = MDB_stat()
        mdb_env_stat(handle, &statistics)
        mapSize = Int(truncatingIfNeeded: information.me_mapsize)
        pageSize = Int(statistics.ms_psize)
        lastPage = Int(truncatingIfNeeded: information.me_last_pgno)
        maximumReaders = Int(information.me_maxreaders)
        lastTransactionID = UInt64(information.me_last_txnid)
    }

    var usedBytes: Int { (lastPage &+ 1).multipliedReportingOverflow(by: pageSize).partialValue }
}

/// The size of a memory map if the address space of the process is limited (`ulimit -v`). The map must not use all of
/// it: the threads and the memory of the rest of the process need some, and the process ends if they get none.
enum AddressSpace {
    /// The minimum that is left for everything but the map.
    static let room = 192 << 20
    /// More than any process needs: if the system grants this much, there is no limit.
    private static let plenty = 1 << 41

    /// The number of bytes that the system grants in one piece, less some megabytes; `Int.max` if there is no limit.
    static var available: Int {
        if grants(plenty) { return .max }
        var (granted, refused) = (0, plenty)
        while refused - granted > 4 << 20 {
            let middle = granted + (refused - granted) / 2
            if grants(middle) { granted = middle } else { refused = middle }
        }
        return granted
    }

    /// The size of a map: what is wanted if there is plenty; otherwise at most half of what is there, so that the rest
    /// of the process has as much, and at least `room`; but not less than `least`. Nil when that would leave less than
    /// `room`.
    static func mapSize(wanted: Int, least: Int, available: Int) -> Int? {
        guard wanted.addingReportingOverflow(room).partialValue > available, available != .max else { return wanted }
        guard least + room <= available else { return nil }
        return EnvironmentOptions.roundedMapSize(max(least, min(wanted, available / 2, available - room)))
    }

    static func grants(_ bytes: Int) -> Bool {
        let probe = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let probe, probe != MAP_FAILED else { return false }
        munmap(probe, bytes)
        return true
    }
}

/// The mappings of files into this process, as reported by Linux (proc(5), /proc/pid/maps).
enum MemoryMaps {
    /// Returns the address ranges of a file's mappings; none if the system does not report them.
    static func ranges(of path: String) -> [Range<UInt>] {
        guard let text = contents("/proc/self/maps") else { return [] }
        return text.split(separator: "\n").compactMap { range(in: $0, of: path) }
    }

    /// Returns the range of one line, `begin-end permissions offset device inode path`, if it is the file's.
    static func range(in line: Substring, of path: String) -> Range<UInt>? {
        let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard fields.count == 6, fields[5].drop(while: { $0 == " " }) == path else { return nil }
        let ends = fields[0].split(separator: "-")
        guard ends.count == 2, let begin = UInt(ends[0], radix: 16), let end = UInt(ends[1], radix: 16), begin < end
        else { return nil }
        return begin..<end
    }

    private static func contents(_ path: FilePath) -> String? {
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while let count = try? piece.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
