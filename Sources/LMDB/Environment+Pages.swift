internal import Platform
import SystemPackage

/// The pages of one commit, as they would be in a file that holds nothing else: free pages are zeros, and the header
/// page of the other commit is that of an empty database. This value holds a read transaction.
package struct CommitPages: ~Copyable {
    package let transactionID: UInt64
    package let pageSize: Int
    /// Free pages are counted too.
    package let count: Int
    /// The two header pages.
    package let headers: [UInt8]

    private let transaction: LMDBReadTransaction
    private let environment: Environment
    /// A bit for each page.
    private let free: [UInt64]

    fileprivate init(
        of environment: Environment, transaction: consuming LMDBReadTransaction, meta: MetaPage, headers: [UInt8]
    ) throws(LMDBError) {
        let count = Int(truncatingIfNeeded: meta.lastPage) + 1
        var free = [UInt64](repeating: 0, count: count / 64 + 1)
        try transaction.reader.forEachFreePage { page in
            // Damage may claim anything. The header pages are never free.
            if (2..<count).contains(page) { free[page >> 6] |= 1 << UInt64(page & 63) }
        }
        self.free = free
        self.count = count
        self.headers = headers
        pageSize = meta.pageSize
        transactionID = transaction.id
        self.environment = environment
        self.transaction = transaction
    }

    /// A reader of the values of the commit.
    package var reader: Reader { transaction.reader }

    private func isFree(_ page: Int) -> Bool { free[page >> 6] >> UInt64(page & 63) & 1 != 0 }

    /// Reads pages. Bytes past the last page are zeros.
    ///
    /// - Parameter buffer: Receives the bytes of the pages.
    /// - Returns: false when all of them are free, and `buffer` is as it was.
    package func read(_ pages: Range<Int>, into buffer: inout [UInt8]) throws(LMDBError) -> Bool {
        // The compiler of Swift 6.1 does not end the borrow of this value if a call on its property throws.
        let environment = environment
        let used = pages.clamped(to: 0..<count)
        guard used.contains(where: { !isFree($0) }) else { return false }
        if buffer.count != pages.count * pageSize {
            buffer = [UInt8](repeating: 0, count: pages.count * pageSize)
        }
        let filled = try environment.withHandle("publish") { handle in
            buffer.withUnsafeMutableBytes { bytes in
                PageFile.read(Environment.descriptor(handle), from: used.lowerBound * pageSize, into: bytes)
            }
        }
        guard filled >= 0 else { throw Filesystem.error(errno, "publish", environment.path.string) }
        for page in used where isFree(page) { clear(page - pages.lowerBound, in: &buffer) }
        // A file may end before its last pages, if these are free.
        guard used.allSatisfy({ isFree($0) || ($0 + 1 - pages.lowerBound) * pageSize <= filled }) else {
            throw LMDBError(
                .truncated, problem: "the file ends before a page that is in use",
                remedy: "run 'verify', and restore a backup", operation: "publish", path: environment.path.string)
        }
        for page in used.upperBound..<max(pages.upperBound, used.upperBound) {
            clear(page - pages.lowerBound, in: &buffer)
        }
        for page in used where page < 2 {
            let target = (page - pages.lowerBound) * pageSize
            buffer.replaceSubrange(target..<target + pageSize, with: headers[page * pageSize..<(page + 1) * pageSize])
        }
        return true
    }

    private func clear(_ index: Int, in buffer: inout [UInt8]) {
        buffer.replaceSubrange(
            index * pageSize..<(index + 1) * pageSize, with: repeatElement(0, count: pageSize))
    }
}

extension Environment {
    /// The pages of the newest commit. Writers go on; what they free is not used again while these are held.
    package func newestPages() throws(LMDBError) -> CommitPages {
        for attempt in 0..<1_000 {
            let transaction = try beginRead()
            let slot = Int(transaction.id & 1)
            // A commit overwrites the older of the two header pages. This page is therefore complete, and that of our
            // commit, if our commit is still the newest after the read.
            let (page, newest) = try withHandle("publish") { handle in
                let size = MapInformation(handle).pageSize
                let page = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
                    filled = max(
                        0, pread(Self.descriptor(handle), buffer.baseAddress, size, off_t(slot * size)))
                }
                return (page, MapInformation(handle).lastTransactionID)
            }
            if newest == transaction.id {
                guard page.count >= MetaPage.byteCount,
                    let meta = try? page.withUnsafeBytes({ bytes throws(PreflightProblem) in try MetaPage(bytes) }),
                    meta.transactionID == transaction.id, meta.pageSize == page.count
                else {
                    throw LMDBError(
                        .corrupted, problem: "the newest header page is damaged",
                        remedy: "run 'verify', and restore a backup", operation: "publish", path: path.string)
                }
                return try CommitPages(
                    of: self, transaction: transaction, meta: meta, headers: meta.headers(newest: page, slot: slot))
            }
            usleep(UInt32(attempt))
        }
        throw LMDBError(
            .busy, problem: "commits come faster than one can be looked at",
            remedy: "try again", operation: "publish", path: path.string)
    }
}

extension MetaPage {
    /// Both header pages of a file with this commit alone. What a page has behind what LMDB writes is zeros.
    fileprivate func headers(newest: [UInt8], slot: Int) -> [UInt8] {
        var empty = [UInt8](repeating: 0, count: pageSize)
        empty.replaceSubrange(..<Self.byteCount, with: newest[..<Self.byteCount])
        let full = empty
        empty.withUnsafeMutableBytes { bytes in
            func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at offset: Int) {
                bytes.storeBytes(of: value, toByteOffset: offset, as: T.self)
            }
            store(UInt64(1 - slot), at: 0)
            // Of both trees: depth, pages, entries and root; then the last page and the transaction.
            for tree in [40, 88] {
                store(UInt16(0), at: tree + 6)
                for offset in stride(from: 8, to: 40, by: 8) { store(UInt64(0), at: tree + offset) }
                store(Self.noPage, at: tree + 40)
            }
            store(UInt64(1), at: 136)
            store(UInt64(0), at: 144)
        }
        return slot == 0 ? full + empty : empty + full
    }
}
