/// How far a verification is, and where.
public struct VerificationProgress: Sendable, Hashable {
    /// The check that is at work.
    public let check: String
    /// The table it reads.
    public let table: String
    /// The key that it has just reached, in hexadecimal.
    public let key: String
    /// Values it has read before this one.
    public let values: Int
}
