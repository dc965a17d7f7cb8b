/// The results of a verification.
public struct VerificationReport: Sendable, Hashable, Codable {
    /// A violation of a rule of the format.
    public struct Finding: Sendable, Hashable, Codable {
        /// The number of the invariant in FORMAT.md, such as `I103`, or the failed check of the value, such as
        /// `checksum`.
        public let rule: String
        /// The table with the violation.
        public let table: String
        /// The key of the value in hexadecimal; empty if the finding does not concern a single value.
        public let key: String
        /// A description of the violation. It may contain a document's identifier, but never other content.
        public let sentence: String
        /// A description of what to do about it.
        public let remedy: String

        package init(rule: String, table: String, key: String, sentence: String, remedy: String) {
            self.rule = rule
            self.table = table
            self.key = key
            self.sentence = sentence
            self.remedy = remedy
        }
    }

    /// The work and the result of one check.
    public struct Check: Sendable, Hashable, Codable {
        /// The name of the check.
        public let name: String
        /// The number of values that the check has read.
        public internal(set) var values = 0
        /// The number of findings of the check.
        public internal(set) var findings = 0

        init(name: String) { self.name = name }
    }

    /// The requested extent of the verification.
    public let level: VerificationLevel
    /// The number of the verified commit; nil if the manifest cannot be read.
    public internal(set) var generation: UInt64?
    /// The checks that were run, in order.
    public internal(set) var checks: [Check] = []
    /// The findings, at most ``maximumFindings``.
    public internal(set) var findings: [Finding] = []
    /// The total number of findings.
    public internal(set) var findingCount = 0
    /// The parts that could not be checked because of other damage.
    public internal(set) var notChecked: [String] = []

    /// The maximum number of findings listed in a report. All of them are counted.
    public static let maximumFindings = 1_000

    /// Whether everything was checked and nothing was found.
    public var isClean: Bool { findingCount == 0 && notChecked.isEmpty }
    /// The number of values read by all checks.
    public var values: Int { checks.reduce(0) { $0 + $1.values } }

    /// Creates an empty report.
    package init(level: VerificationLevel) { self.level = level }

    package mutating func add(_ finding: Finding) {
        findingCount += 1
        if findings.count < Self.maximumFindings { findings.append(finding) }
    }
}
