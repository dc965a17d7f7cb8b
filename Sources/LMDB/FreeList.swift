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
                guard (2...pages.lastPage).contains(number) else { throw damage }
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
