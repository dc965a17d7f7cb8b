/// A place between two lines or rows of an input, from which reading can go on.
public struct InputPosition: Sendable, Hashable {
    /// Decompressed bytes before the place; 0 in a CSR file, whose rows are found by their number.
    public var offset: UInt64
    /// Lines or rows before the place.
    public var number: Int

    /// The place after `number` lines or rows and `offset` bytes.
    public init(offset: UInt64 = 0, number: Int = 0) {
        self.offset = offset
        self.number = number
    }
}
