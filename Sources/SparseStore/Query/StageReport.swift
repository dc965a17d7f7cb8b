/// What one stage of a search of several stages did.
public struct StageReport: Sendable, Hashable, Codable {
    /// The stage's name; the first stage's is `search`.
    public let name: String
    /// Documents that came in.
    public let candidates: Int
    /// Documents that the stage scored.
    public let scored: Int
    /// Time that passed in the stage, in seconds.
    public let seconds: Double
    /// Costs of the stage's own, by name.
    public let counters: [String: Int]
}
