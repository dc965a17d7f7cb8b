/// liblmdb's list of free pages, read from a file that is not mapped: a tree from commits to the pages that each freed.
/// Every value is a list of page numbers preceded by its length.
struct FreeList {
    private static let numberBytes = MemoryLayout<UInt64>.size
    /// The number of page numbers read at once.
    private static let pieceLength = 1 << 13

    private let tree: MetaPage.Tree
    private var pages: PageReader
    private var lastKey: UInt64?
    /// The free pages at or after the end of the file.
    private var freeBeyondEnd: Set<UInt64> = []

    private init(_ tree: MetaPage.Tree, _ pages: PageReader) {
        self.tree = tree
        self.pages = pages
    }

    /// Throws unless every page from the end of the file to the last page is free. Such pages were never written:
    /// liblmdb keeps pages that a transaction allocates and frees again in memory, and lists them as free when it
    /// commits.
    static func requireEverythingBeyondTheEnd(of pages: PageReader, tree: MetaPage.Tree) throws(PreflightProblem) {
        guard pages.lastPage >= pages.filePages else { return }
        var list = FreeList(tree, pages)
        if tree.root != MetaPage.noPage { try list.walk(tree.root, level: 1) }
        let missing = pages.lastPage - pages.filePages + 1
        guard list.freeBeyondEnd.count == missing else {
            throw PreflightProblem(
                .truncated,
                "the file has \(pages.filePages) pages of \(pages.pageSize) bytes, but its header declares "
                    + "\(pages.lastPage + 1), of which only \(list.freeBeyondEnd.count) may be missing")
        }
    }

    /// The recursion is not deeper than the tree, whose depth the check of the header page limits.
    private mutating func walk(_ number: UInt64, level: UInt16) throws(PreflightProblem) {
        let page = try pages.page(number)
        guard level < tree.depth else { return try visit(page) }
        for index in 0..<(try page.nodeCount(kind: TreePage.branchKind)) {
            try walk(try page.child(index), level: level + 1)
        }
    }

    private mutating func visit(_ leaf: TreePage) throws(PreflightProblem) {
        for index in 0..<(try leaf.nodeCount(kind: TreePage.leafKind)) {
            let entry = try leaf.entry(index)
            // Keys that do not ascend mean that a page is in the wrong place or was visited before.
            guard lastKey.map({ $0 < entry.key }) ?? true else { throw damage }
            lastKey = entry.key
            switch entry.value {
            case .inline(let range):
                let start = Int(leaf.number) * pages.pageSize
                try add(start + range.lowerBound..<start + range.upperBound)
            case .overflow(let first, let count):
                try add(try pages.overflow(first, count: count))
            }
        }
    }

    /// Adds the page numbers stored there.
    private mutating func add(_ range: Range<Int>) throws(PreflightProblem) {
        guard range.count >= Self.numberBytes else { throw damage }
        let claimed = try numbers(range.lowerBound, 1)[0]
        // The value may have space for more numbers, which are not part of the list.
        guard claimed <= range.count / Self.numberBytes - 1 else { throw damage }
        var taken = 0
        while taken < claimed {
            let piece = try numbers(
                range.lowerBound + Self.numberBytes * (taken + 1), min(Int(claimed) - taken, Self.pieceLength))
            for number in piece {
                guard number >= 2, number <= pages.lastPage else { throw damage }
                if number >= pages.filePages { freeBeyondEnd.insert(number) }
            }
            taken += piece.count
        }
    }

    private func numbers(_ offset: Int, _ count: Int) throws(PreflightProblem) -> [UInt64] {
        let bytes = try pages.bytes(offset, count * Self.numberBytes)
        return bytes.withUnsafeBytes { bytes in
            (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * Self.numberBytes, as: UInt64.self) }
        }
    }

    private var damage: PreflightProblem {
        PreflightProblem(.corrupted, "the list of free pages is damaged")
    }
}

/// A page of liblmdb 0.9's B+trees, in the byte order of the machine. Every offset is checked before use.
///
/// Header: page number (8 bytes), padding (2), kind (2), end of the node offsets (2), start of the nodes (2). Node:
/// size of the value (4), flags (2), size of the key (2), key, value. In a branch page the first six bytes of a node
/// are a page number instead; in an overflow page the last four bytes of the header are its number of pages.
struct TreePage {
    /// An entry of a leaf.
    struct Entry {
        var key: UInt64
        var value: Value
    }

    enum Value {
        /// Offsets within the page.
        case inline(Range<Int>)
        case overflow(page: UInt64, count: Int)
    }

    fileprivate static let branchKind: UInt16 = 0x01
    fileprivate static let leafKind: UInt16 = 0x02
    private static let overflowKind: UInt16 = 0x04
    private static let nodeHeaderBytes = 8
    private static let valueIsElsewhere: UInt16 = 0x01

    let number: UInt64
    private let bytes: [UInt8]

    init(number: UInt64, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }

    /// Returns the number of nodes if the page has the expected kind.
    fileprivate func nodeCount(kind: UInt16) throws(PreflightProblem) -> Int {
        try check(kind)
        let lower = Int(try load(12, UInt16.self))
        let upper = Int(try load(14, UInt16.self))
        guard lower > MetaPage.pageHeaderBytes, lower.isMultiple(of: 2), lower <= upper, upper <= bytes.count else {
            throw damage
        }
        return (lower - MetaPage.pageHeaderBytes) / 2
    }

    func checkOverflow(pages: Int) throws(PreflightProblem) {
        try check(Self.overflowKind)
        guard try load(12, UInt32.self) == pages else { throw damage }
    }

    /// Returns the child page of a branch node.
    func child(_ index: Int) throws(PreflightProblem) -> UInt64 {
        let node = try nodeOffset(index)
        return UInt64(try load(node, UInt32.self)) | UInt64(try load(node + 4, UInt16.self)) << 32
    }

    /// Returns an entry of a leaf whose keys are 8-byte integers, as in the list of free pages.
    func entry(_ index: Int) throws(PreflightProblem) -> Entry {
        let node = try nodeOffset(index)
        let count = Int(try load(node, UInt32.self))
        let flags = try load(node + 4, UInt16.self)
        guard try load(node + 6, UInt16.self) == 8, flags & ~Self.valueIsElsewhere == 0 else { throw damage }
        let key = try load(node + Self.nodeHeaderBytes, UInt64.self)
        let start = node + Self.nodeHeaderBytes + 8
        if flags == Self.valueIsElsewhere {
            return Entry(key: key, value: .overflow(page: try load(start, UInt64.self), count: count))
        }
        guard start <= bytes.count, count <= bytes.count - start else { throw damage }
        return Entry(key: key, value: .inline(start..<start + count))
    }

    private func nodeOffset(_ index: Int) throws(PreflightProblem) -> Int {
        let offset = Int(try load(MetaPage.pageHeaderBytes + 2 * index, UInt16.self))
        guard offset >= Int(try load(14, UInt16.self)) else { throw damage }
        return offset
    }

    private func check(_ kind: UInt16) throws(PreflightProblem) {
        guard try load(0, UInt64.self) == number, try load(10, UInt16.self) == kind else { throw damage }
    }

    private var damage: PreflightProblem {
        PreflightProblem(.corrupted, "page \(number), of the list of free pages, is damaged")
    }

    private func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ offset: Int, _: T.Type
    ) throws(PreflightProblem) -> T {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<T>.size else { throw damage }
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }
}
