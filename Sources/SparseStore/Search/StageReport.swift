/// What one stage of a search of several stages did.
public struct StageReport: Sendable, Hashable, Codable {
    /// Why a stage left the order as it was.
    public enum Fallback: Sendable, Hashable, Codable {
        /// Its deadline passed.
        case deadlinePassed
        /// Its model failed, with this error.
        case failed(String)
    }

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
    /// Why the stage left the order as it was; nil when it did not.
    public var fallback: Fallback?
}
