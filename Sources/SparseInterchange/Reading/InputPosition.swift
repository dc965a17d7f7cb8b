/// A position between two lines or rows of an input, from which reading can continue.
public struct InputPosition: Sendable, Hashable {
    /// The number of decompressed bytes before the position; 0 in a CSR file, whose rows are found by number.
    public var offset: UInt64
    /// The number of lines or rows before the position.
    public var number: Int

    /// Creates the position after `number` lines or rows and `offset` bytes.
    public init(offset: UInt64 = 0, number: Int = 0) {
        self.offset = offset
        self.number = number
    }
}
