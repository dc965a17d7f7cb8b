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
    static let pageFlag: UInt16 = 0x08
    static let integerKeys: UInt16 = 0x08
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
    func checkRoot(_ tree: Tree, _ bytes: UnsafeRawBufferPointer) throws(PreflightProblem) {
        guard bytes.count >= Self.pageHeaderBytes else {
            throw PreflightProblem(.truncated, "the file ends inside page \(tree.root)")
        }
        let number = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        let flags = bytes.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
        let lower = Int(bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
        let upper = Int(bytes.loadUnaligned(fromByteOffset: 14, as: UInt16.self))
        let expected: UInt16 = tree.depth > 1 ? 0x01 : 0x02
        guard number == tree.root, flags == expected, (Self.pageHeaderBytes...upper).contains(lower), upper <= pageSize
        else {
            throw PreflightProblem(.corrupted, "page \(tree.root), the root of a tree, is damaged")
        }
    }
}
