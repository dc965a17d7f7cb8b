/// A report on one stage of a multi-stage search.
public struct StageReport: Sendable, Hashable, Codable {
    /// The reason why a stage kept the previous order.
    public enum Fallback: Sendable, Hashable, Codable {
        /// The deadline of the stage passed.
        case deadlinePassed
        /// The model failed with this error.
        case failed(String)

        private enum CodingKeys: String, CodingKey { case failed }
        private static let deadlineName = "deadlinePassed"

        /// Decodes `"deadlinePassed"` or `{"failed": "the error"}`.
        public init(from decoder: any Decoder) throws {
            if let container = try? decoder.singleValueContainer(), let name = try? container.decode(String.self) {
                guard name == Self.deadlineName else {
                    throw DecodingError.dataCorruptedError(
                        in: container, debugDescription: "'\(name)' is not a fallback reason")
                }
                self = .deadlinePassed
            } else {
                self = .failed(try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .failed))
            }
        }

        /// Encodes `"deadlinePassed"` or `{"failed": "the error"}`.
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

    /// The name of the stage; `search` for the first stage.
    public let name: String
    /// The number of documents that the stage received.
    public let candidates: Int
    /// The number of documents that the stage scored.
    public let scored: Int
    /// The duration of the stage, in seconds.
    public let seconds: Double
    /// The costs that the stage itself reports, by name.
    public let counters: [String: Int]
    /// The reason why the stage kept the previous order; nil if it did not.
    public var fallback: Fallback?
}
