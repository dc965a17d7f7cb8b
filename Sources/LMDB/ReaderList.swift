import CLMDB

/// The reader slots of all processes. liblmdb only offers them as text, a line a slot: process, thread, and the commit
/// that the reader sees or "-".
struct ReaderList {
    private(set) var inUse = 0
    private(set) var oldestTransactionID: UInt64?
    /// Numbers of the processes that hold a slot.
    private(set) var processes: Set<UInt32> = []

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
        // A slot without a commit is kept for a next transaction.
        guard let id = UInt64(fields[2]) else { return }
        inUse += 1
        oldestTransactionID = min(oldestTransactionID ?? id, id)
    }
}
