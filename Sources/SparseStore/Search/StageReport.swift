/// What one stage of a search of several stages did.
public struct StageReport: Sendable, Hashable, Codable {
    /// Why a stage left the order as it was.
    public enum Fallback: Sendable, Hashable, Codable {
        /// Its deadline passed.
        case deadlinePassed
        /// Its model failed, with this error.
        case failed(String)

        private enum CodingKeys: String, CodingKey { case failed }
        private static let deadlineName = "deadlinePassed"

        /// Reads `"deadlinePassed"` or `{"failed": "the error"}`.
        public init(from decoder: any Decoder) throws {
            if let container = try? decoder.singleValueContainer(), let name = try? container.decode(String.self) {
                guard name == Self.deadlineName else {
                    throw DecodingError.dataCorruptedError(
                        in: container, debugDescription: "'\(name)' is no reason of a fallback")
                }
                self = .deadlinePassed
            } else {
                self = .failed(try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .failed))
            }
        }

        /// Writes `"deadlinePassed"` or `{"failed": "the error"}`.
        public func encode(to encoder: any Encoder) throws {
            switch self {
            case .deadlinePassed:
                var container = encoder.singleValueContainer()
                try container.encode(Self.deadlineName)
            case .failed(let error):
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(error, forKey: .failed)
            }
        }
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
