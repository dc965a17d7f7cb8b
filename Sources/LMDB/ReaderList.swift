import CLMDB

/// The reader slots of all processes. liblmdb only provides them as text, one line per slot: process, thread, and the
/// commit that the reader sees or "-".
struct ReaderList {
    private(set) var inUse = 0
    /// The process IDs that hold a slot.
    private(set) var processes: Set<UInt32> = []
    /// The reader of the oldest commit; nil if there is none.
    private(set) var oldest: Slot?

    struct Slot {
        let process: UInt32
        /// The list as liblmdb prints it.
        let thread: String
        let transactionID: UInt64
    }

    var oldestTransactionID: UInt64? { oldest?.transactionID }

    init(_ handle: OpaquePointer) {
        withUnsafeMutablePointer(to: &self) { list in
            _ = mdb_reader_list(
                handle,
                { line, context in
                    guard let line, let context else { return 0 }
                    context.assumingMemoryBound(to: ReaderList.self).pointee.add(String(cString: line))
                    return 0
                }, list)
        }
    }

    init(lines: [String]) {
        for line in lines { add(line) }
    }

    private mutating func add(_ line: String) {
        let fields = line.split(whereSeparator: \.isWhitespace)
        guard fields.count == 3, let process = UInt32(fields[0]) else { return }
        processes.insert(process)
        // A slot without a commit is kept for a later transaction.
        guard let id = UInt64(fields[2]) else { return }
        inUse += 1
        guard oldest.map({ id < $0.transactionID }) ?? true else { return }
        oldest = Slot(process: process, thread: String(fields[1]), transactionID: id)
    }
}
