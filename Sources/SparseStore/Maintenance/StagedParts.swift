internal import LMDB
internal import SparseFormat

/// Parts of segments that no manifest names yet, written under a claim in transactions of a few megabytes.
struct StagedParts {
    /// The number of transactions for which space is freed in advance.
    private static let piecesAhead = 3

    private let environment: Environment
    private let tables: Tables
    private let claim: Claim
    /// The number of bytes that one transaction writes.
    private let bytesAtOnce: Int
    private var waiting: [(segment: UInt32, part: WindowPart)] = []
    private var waitingBytes = 0
    /// The number of bytes for which space was freed in advance.
    private var room = 0
    /// The number of bytes of all parts that were added.
    private(set) var bytes = 0

    init(_ environment: Environment, _ tables: Tables, _ claim: Claim, bytesAtOnce: Int) {
        self.environment = environment
        self.tables = tables
        self.claim = claim
        self.bytesAtOnce = bytesAtOnce
    }

    mutating func add(_ part: WindowPart, to segment: UInt32) {
        waiting.append((segment, part))
        waitingBytes += part.bytes
        bytes += part.bytes
    }

    /// Writes all parts except the last piece, which the last transaction may write, or all of them.
    ///
    /// - Parameter willWrite: Called before each transaction. It may throw to stop.
    mutating func write(all: Bool = false, willWrite: () throws -> Void = {}) throws {
        guard waitingBytes > bytesAtOnce || all && !waiting.isEmpty else { return }
        if room == 0 { room = try environment.write { try makeRoom(after: 0, $0.writer) } }
        while waitingBytes > bytesAtOnce || all && !waiting.isEmpty {
            try willWrite()
            var bytes = 0
            let batch = waiting.prefix { _, part in
                defer { bytes += part.bytes }
                return bytes < bytesAtOnce
            }
            room = try environment.write { try write(batch, $0.writer) }
            waiting.removeFirst(batch.count)
            waitingBytes -= batch.reduce(0) { $0 + $1.part.bytes }
            environment.letOthersWrite()
        }
    }

    /// Writes the remaining parts in the last transaction, which ends the claim.
    func finish(_ writer: Writer) throws {
        _ = try write(waiting[...], writer)
        try claim.end(tables, writer)
    }

    private func write(_ batch: ArraySlice<(segment: UInt32, part: WindowPart)>, _ writer: Writer) throws -> Int {
        let room = try makeRoom(after: batch.reduce(0) { $0 + $1.part.bytes }, writer)
        for (segment, part) in batch { try part.put(segment, tables, writer) }
        return room
    }

    /// Frees space for the current and the next writes. Space that one transaction frees can be used from the next but
    /// one on, and other writers may take it meanwhile. Returns the number of bytes for which there is space after this
    /// transaction.
    private func makeRoom(after bytes: Int, _ writer: Writer) throws -> Int {
        try claim.renew(tables, writer)
        let ahead = min(waitingBytes - bytes, Self.piecesAhead * bytesAtOnce)
        let missing = max(0, bytes + ahead - room)
        try RetiredSegments(tables: tables, writer: writer).makeRoom(for: UInt64(missing))
        return room + missing - bytes
    }
}
