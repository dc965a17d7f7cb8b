/// A line or a row that could not be read, with the reason. It never quotes the content.
public struct Reject: Sendable, Hashable {
    /// The line, from 1, of a text file; the row, from 0, of a CSR file.
    public let number: Int
    /// Why, in one line without tabs.
    public let reason: String

    /// Whether a weight is the reason, which a reader that drops bad weights would have left out.
    public let concernsWeight: Bool

    /// The line or row `number`, rejected for `reason`.
    public init(number: Int, reason: String, concernsWeight: Bool = false) {
        self.number = number
        self.reason = reason
        self.concernsWeight = concernsWeight
    }
}
