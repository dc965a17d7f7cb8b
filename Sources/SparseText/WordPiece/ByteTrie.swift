/// A trie of byte strings with numbers, which finds the longest string at a position of a text in one pass.
///
/// The transitions are in one table with open addressing, from a node and a byte to the next node.
struct ByteTrie: Sendable {
    typealias Node = UInt32

    static let root: Node = 0
    private static let empty: UInt64 = .max

    /// The node in the high 56 bits, the byte in the low 8.
    private var keys: [UInt64]
    private var targets: [Node]
    private var mask: Int
    /// The number of each node; -1 for none.
    private var values: [Int32] = [-1]

    /// - Parameter expectedBytes: The total length of all strings, an upper bound of the number of nodes.
    init(expectedBytes: Int) {
        var size = 64
        while size < 2 * expectedBytes { size *= 2 }
        keys = Array(repeating: Self.empty, count: size)
        targets = Array(repeating: 0, count: size)
        mask = size - 1
    }

    /// Inserts a string; a later string replaces an equal one. There is space for `expectedBytes` in total.
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

    /// Returns the node of a prefix; nil if no string has it.
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

    /// Returns the longest string below `node` that `bytes` have at `start`.
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

    /// Returns the slot of a transition, or the slot where it would be.
    private func place(_ node: Node, _ byte: UInt8) -> Int {
        let key = UInt64(node) << 8 | UInt64(byte)
        var place = Int(truncatingIfNeeded: key &* 0x9E37_79B9_7F4A_7C15 >> 32) & mask
        while keys[place] != key, keys[place] != Self.empty { place = (place + 1) & mask }
        return place
    }
}
