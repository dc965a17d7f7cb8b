/// A line or a row that could not be read, with the reason. It never quotes the content.
public struct Reject: Sendable, Hashable {
    /// The line, from 1, of a text file; the row, from 0, of a CSR file.
    public let number: Int
    /// Why, in one line without tabs.
    public let reason: String

    /// The line or row `number`, rejected for `reason`.
    public init(number: Int, reason: String) {
        self.number = number
        self.reason = reason
    }
}
