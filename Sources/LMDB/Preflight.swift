import Platform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

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
            problem?.code ?? .other,
            problem.map { "\($0.message); \($0.remedy)" } ?? "the file cannot be read; check the path",
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
