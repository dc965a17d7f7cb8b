import Platform

/// Checks a file before liblmdb maps it. This must happen before opening, and never while this process has the file
/// open: closing a second descriptor would drop the process's locks.
struct Preflight: Hashable {
    var pageSize: Int
    var usedBytes: Int
    var fileBytes: Int
    /// The file that was checked.
    var identity: FileIdentity

    static func run(_ path: String) throws(LMDBError) -> Preflight {
        let descriptor = StandardDescriptors.openFile(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw Filesystem.error(errno, "open", path) }
        defer { close(descriptor) }
        var problem: PreflightProblem?
        var quietFailures = 0
        for _ in 0..<64 {
            let before = headers(descriptor)
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw Filesystem.error(errno, "open", path) }
            do throws(PreflightProblem) {
                let (pageSize, usedBytes) = try examine(
                    fileBytes: { fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0 },
                    read: { offset, count in read(descriptor, offset, count) })
                return Preflight(
                    pageSize: pageSize, usedBytes: usedBytes, fileBytes: Int(status.st_size),
                    identity: FileIdentity(status))
            } catch {
                problem = error
            }
            // Another process may have committed meanwhile and overwritten pages that were free. Only a problem that
            // persists while no process commits is damage.
            if headers(descriptor) == before { quietFailures += 1 }
            if quietFailures == 4 { break }
            usleep(2_000)
        }
        throw LMDBError(
            problem?.code ?? .other, problem: problem?.message ?? "the file cannot be read",
            remedy: problem?.remedy ?? "check the path",
            operation: "open", path: path)
    }

    /// The bytes of both header pages, as far as the file has them.
    private static func headers(_ descriptor: Int32) -> [UInt8] {
        let first = read(descriptor, 0, MetaPage.byteCount)
        guard let pageSize = try? meta(first).pageSize else { return first }
        return first + read(descriptor, pageSize, MetaPage.byteCount)
    }

    /// Runs the checks on anything that can be read. The size is read after the header pages: a commit writes them
    /// last, so the file has every page in use by then.
    static func examine(
        fileBytes: () -> Int, read: @escaping (_ offset: Int, _ count: Int) -> [UInt8]
    ) throws(PreflightProblem) -> (pageSize: Int, usedBytes: Int) {
        let head = read(0, MetaPage.byteCount)
        guard !head.isEmpty else {
            throw PreflightProblem(
                .notADatabase, "the file is empty, so it is not a store",
                remedy: "remove it to create a new store, or restore a backup")
        }
        let first = try meta(head)
        let second = try meta(read(first.pageSize, MetaPage.byteCount))
        guard first.pageSize == second.pageSize else {
            throw PreflightProblem(.corrupted, "the two header pages disagree on the page size")
        }
        // Only the newer page is valid, even after a crash: liblmdb uses the same one. The older page may have roots of
        // a commit that failed partway, and lists of pages that have been overwritten since.
        let newest = second.transactionID > first.transactionID ? second : first
        let fileBytes = fileBytes()
        try newest.check(fileBytes: fileBytes)
        for tree in [newest.free, newest.main] where tree.root != MetaPage.noPage {
            let page = read(Int(tree.root) * newest.pageSize, MetaPage.pageHeaderBytes)
            try unpack(page) { bytes throws(PreflightProblem) in try newest.checkRoot(tree, bytes) }
        }
        let pages = PageReader(
            pageSize: newest.pageSize, lastPage: newest.lastPage, filePages: UInt64(fileBytes / newest.pageSize),
            read: read)
        try FreeList.requireEverythingBeyondTheEnd(of: pages, tree: newest.free)
        return (newest.pageSize, (Int(newest.lastPage) + 1) * newest.pageSize)
    }

    private static func meta(_ bytes: [UInt8]) throws(PreflightProblem) -> MetaPage {
        try unpack(bytes) { bytes throws(PreflightProblem) in try MetaPage(bytes) }
    }

    /// `withUnsafeBytes` rethrows without the type.
    private static func unpack<R>(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(PreflightProblem) -> R
    ) throws(PreflightProblem) -> R {
        try bytes.withUnsafeBytes { bytes in
            Result { () throws(PreflightProblem) in try body(bytes) }
        }.get()
    }

    private static func read(_ descriptor: Int32, _ offset: Int, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }
}

/// The reason why a file is not opened with liblmdb, which would trust it and might crash.
struct PreflightProblem: Error, Hashable {
    var code: LMDBError.Code
    var message: String
    var remedy = "restore a backup, or check the path"

    init(_ code: LMDBError.Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        if let remedy { self.remedy = remedy }
    }
}

/// One of the two meta pages at the start of a file, which locate everything else; the newer one is valid. The layout
/// is that of liblmdb 0.9 on 64-bit systems, in the byte order of the machine.
struct MetaPage: Hashable {
    struct Tree: Hashable {
        var flags: UInt16
        var depth: UInt16
        /// The root page, or `noPage` for an empty tree.
        var root: UInt64
    }

    static let byteCount = 152
    static let magic: UInt32 = 0xBEEF_C0DE
    static let version: UInt32 = 1
    static let noPage = UInt64.max
    static let pageHeaderBytes = 16
    private static let pageFlag: UInt16 = 0x08
    private static let integerKeys: UInt16 = 0x08
    /// liblmdb's cursors cannot go deeper.
    static let deepest: UInt16 = 32
    static let pageSizes = 512...32_768

    var pageSize: Int
    var free: Tree
    var main: Tree
    var lastPage: UInt64
    var transactionID: UInt64

    init(_ bytes: UnsafeRawBufferPointer) throws(PreflightProblem) {
        guard bytes.count >= Self.byteCount else {
            // The first bytes of a header page are its number, 0 or 1. A short text file is not a truncated database.
            guard bytes.prefix(8).enumerated().allSatisfy({ $1 == 0 || $0 == 0 && $1 == 1 }) else {
                throw PreflightProblem(.notADatabase, "the file is not an LMDB file")
            }
            throw PreflightProblem(.truncated, "the file ends inside its header")
        }
        func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: T.Type = T.self) -> T {
            bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
        }
        let magic: UInt32 = load(16)
        guard magic == Self.magic else {
            let reason =
                magic.byteSwapped == Self.magic
                ? "the file comes from a machine with the other byte order" : "the file is not an LMDB file"
            throw PreflightProblem(.notADatabase, reason)
        }
        let version: UInt32 = load(20)
        guard version == Self.version else {
            throw PreflightProblem(.versionMismatch, "the file has LMDB format \(version), not \(Self.version)")
        }
        guard load(10, UInt16.self) & Self.pageFlag != 0 else {
            throw PreflightProblem(.corrupted, "a header page is not marked as one")
        }
        pageSize = Int(load(40, UInt32.self))
        guard Self.pageSizes.contains(pageSize), pageSize.nonzeroBitCount == 1 else {
            throw PreflightProblem(.corrupted, "the header claims a page size of \(pageSize)")
        }
        free = Tree(flags: load(44), depth: load(46), root: load(80))
        main = Tree(flags: load(92), depth: load(94), root: load(128))
        lastPage = load(136)
        transactionID = load(144)
    }

    /// Checks everything that the page and the size of the file alone can show.
    func check(fileBytes: Int) throws(PreflightProblem) {
        let (pages, overflow) = lastPage.addingReportingOverflow(1)
        guard !overflow, lastPage >= 1 else {
            throw PreflightProblem(.corrupted, "the header claims a last page of \(lastPage)")
        }
        // Pages may be missing if they are free (`FreeList`); each of them is listed in the file by its number.
        let filePages = UInt64(fileBytes / pageSize)
        let listable = UInt64(fileBytes / MemoryLayout<UInt64>.size)
        guard pages <= filePages + listable, pages <= UInt64(Int.max / pageSize) else {
            throw PreflightProblem(
                .truncated,
                "the file has \(fileBytes) bytes, but its header declares \(pages) pages of \(pageSize) bytes")
        }
        guard free.flags & Self.integerKeys != 0 else {
            throw PreflightProblem(.corrupted, "the header's list of free pages has the wrong kind of keys")
        }
        for tree in [free, main] {
            guard tree.depth <= Self.deepest, (tree.root == Self.noPage) == (tree.depth == 0) else {
                throw PreflightProblem(.corrupted, "the header claims a tree of depth \(tree.depth)")
            }
            guard tree.root == Self.noPage || (2...max(2, lastPage)).contains(tree.root) && tree.root <= lastPage else {
                throw PreflightProblem(
                    .corrupted, "the header points to page \(tree.root), but there are \(pages) pages")
            }
        }
    }

    /// Checks whether the root page of a tree is valid.
    fileprivate func checkRoot(_ tree: Tree, _ bytes: UnsafeRawBufferPointer) throws(PreflightProblem) {
        guard bytes.count >= Self.pageHeaderBytes else {
            throw PreflightProblem(.truncated, "the file ends inside page \(tree.root)")
        }
        let number = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        let flags = bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
        let lower = Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
        let upper = Int(bytes.loadUnaligned(fromByteOffset: 14, as: UInt16.self))
        let expected: UInt16 = tree.depth > 1 ? 0x01 : 0x02
        guard number == tree.root, flags == expected, Self.pageHeaderBytes <= lower, lower <= upper, upper <= pageSize
        else {
            throw PreflightProblem(.corrupted, "page \(tree.root), the root of a tree, is damaged")
        }
    }
}

/// Reads pages of a file that is not mapped, within its bounds and within a budget, so that damage can neither cause a
/// trap nor an endless loop.
struct PageReader {
    let pageSize: Int
    /// The last page according to the header. The file may end before it.
    let lastPage: UInt64
    let filePages: UInt64
    private let read: (_ offset: Int, _ count: Int) -> [UInt8]
    /// No traversal needs a page twice, so the number of pages in the file is enough.
    private var budget: UInt64

    init(
        pageSize: Int, lastPage: UInt64, filePages: UInt64, read: @escaping (_ offset: Int, _ count: Int) -> [UInt8]
    ) {
        self.pageSize = pageSize
        self.lastPage = lastPage
        self.filePages = filePages
        self.read = read
        budget = filePages
    }

    /// Returns a page of a tree whose header has not been checked yet.
    mutating func page(_ number: UInt64) throws(PreflightProblem) -> TreePage {
        try spend(1, from: number)
        return TreePage(number: number, bytes: try bytes(Int(number) * pageSize, pageSize))
    }

    /// Returns the position of the bytes of a value that has separate pages.
    mutating func overflow(_ number: UInt64, count: Int) throws(PreflightProblem) -> Range<Int> {
        let pages = (MetaPage.pageHeaderBytes + count + pageSize - 1) / pageSize
        try spend(UInt64(pages), from: number)
        let start = Int(number) * pageSize
        let header = TreePage(number: number, bytes: try bytes(start, MetaPage.pageHeaderBytes))
        try header.checkOverflow(pages: pages)
        return start + MetaPage.pageHeaderBytes..<start + MetaPage.pageHeaderBytes + count
    }

    private mutating func spend(_ pages: UInt64, from number: UInt64) throws(PreflightProblem) {
        guard number >= 2, number <= lastPage, pages <= lastPage - number + 1 else {
            throw PreflightProblem(
                .corrupted, "the list of free pages has page \(number), but there are \(lastPage + 1) pages")
        }
        guard number < filePages, pages <= filePages - number else {
            throw PreflightProblem(
                .truncated, "the list of free pages has page \(number), which is beyond the end of the file")
        }
        guard pages <= budget else {
            throw PreflightProblem(.corrupted, "the list of free pages has a page twice")
        }
        budget -= pages
    }

    func bytes(_ offset: Int, _ count: Int) throws(PreflightProblem) -> [UInt8] {
        let bytes = read(offset, count)
        guard bytes.count == count else {
            throw PreflightProblem(.truncated, "the file ends inside page \(offset / pageSize)")
        }
        return bytes
    }
}
