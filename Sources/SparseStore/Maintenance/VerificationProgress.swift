/// The progress of a verification.
public struct VerificationProgress: Sendable, Hashable {
    /// The name of the current check.
    public let check: String
    /// The table that the check is reading.
    public let table: String
    /// The key that the check has reached, in hexadecimal.
    public let key: String
    /// The number of values read before this one.
    public let values: Int
}
