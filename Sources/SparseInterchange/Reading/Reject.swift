/// A line or a row that could not be read, with the reason. The reason never quotes the content.
public struct Reject: Sendable, Hashable {
    /// The number of the line, from 1, of a text file; of the row, from 0, of a CSR file.
    public let number: Int
    /// The reason, in one line without tabs.
    public let reason: String

    /// Whether the reason is a bad weight, which a reader that drops bad weights would leave out.
    public let concernsWeight: Bool

    /// Creates a reject for the line or row `number`.
    public init(number: Int, reason: String, concernsWeight: Bool = false) {
        self.number = number
        self.reason = reason
        self.concernsWeight = concernsWeight
    }
}
