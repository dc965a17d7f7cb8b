/// Strings by their bytes, each with a number: the longest one that a text begins with is found in one pass.
///
/// The transitions stand in one table with open addressing, a node and a byte leading to the next node.
struct ByteTrie: Sendable {
    typealias Node = UInt32

    static let root: Node = 0
    private static let empty: UInt64 = .max

    /// The node in the high 56 bits, the byte in the low 8.
    private var keys: [UInt64]
    private var targets: [Node]
    private var mask: Int
    /// By node; -1 for none.
    private var values: [Int32] = [-1]

    /// - Parameter expectedBytes: of all strings together, an upper bound of the nodes.
    init(expectedBytes: Int) {
        var size = 64
        while size < 2 * expectedBytes { size *= 2 }
        keys = Array(repeating: Self.empty, count: size)
        targets = Array(repeating: 0, count: size)
        mask = size - 1
    }

    /// Inserts a string; of two equal ones the later counts. There is room for `expectedBytes` in all.
    mutating func insert(_ string: String, _ value: Int) {
        var node = Self.root
        for byte in string.utf8 {
            let place = place(node, byte)
            if keys[place] == Self.empty {
                keys[place] = UInt64(node) << 8 | UInt64(byte)
                targets[place] = Node(values.count)
                values.append(-1)
            }
            node = targets[place]
        }
        values[Int(node)] = Int32(value)
    }

    /// Where strings with a beginning go on; nil when none has it.
    func node(of beginning: String) -> Node? {
        var node = Self.root
        for byte in beginning.utf8 {
            let place = place(node, byte)
            guard keys[place] != Self.empty else { return nil }
            node = targets[place]
        }
        return node
    }

    func value(of string: String) -> Int? {
        node(of: string).flatMap { values[Int($0)] >= 0 ? Int(values[Int($0)]) : nil }
    }

    /// The longest string, of those that go on from `node`, that `bytes` have at `start`.
    func longest(in bytes: [UInt8], at start: Int, from node: Node) -> (value: Int, end: Int)? {
        var node = node
        var found: (value: Int, end: Int)?
        for index in start..<bytes.count {
            let place = place(node, bytes[index])
            guard keys[place] != Self.empty else { break }
            node = targets[place]
            let value = values[Int(node)]
            if value >= 0 { found = (Int(value), index + 1) }
        }
        return found
    }

    /// Where the transition stands or, when it is not there, would.
    private func place(_ node: Node, _ byte: UInt8) -> Int {
        let key = UInt64(node) << 8 | UInt64(byte)
        var place = Int(truncatingIfNeeded: key &* 0x9E37_79B9_7F4A_7C15 >> 32) & mask
        while keys[place] != key, keys[place] != Self.empty { place = (place + 1) & mask }
        return place
    }
}
