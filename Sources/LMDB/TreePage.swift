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

    static let branchKind: UInt16 = 0x01
    static let leafKind: UInt16 = 0x02
    static let overflowKind: UInt16 = 0x04
    private static let nodeHeaderBytes = 8
    private static let valueIsElsewhere: UInt16 = 0x01

    let number: UInt64
    private let bytes: [UInt8]

    init(number: UInt64, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }

    /// Returns the number of nodes if the page has the expected kind.
    func nodeCount(kind: UInt16) throws(PreflightProblem) -> Int {
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
