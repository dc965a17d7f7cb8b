/// What a verification has looked at, and what is wrong.
public struct VerificationReport: Sendable, Hashable, Codable {
    /// One rule of the format that the store breaks.
    public struct Finding: Sendable, Hashable, Codable {
        /// The number of the invariant in FORMAT.md, such as `I103`, or what the value fails at, such as `checksum`.
        public let rule: String
        /// The table that it was found in.
        public let table: String
        /// The key of the value in hexadecimal; empty when it concerns no single value.
        public let key: String
        /// What is wrong. Holds no document's content; its identifier at most.
        public let sentence: String
        /// What to do about it.
        public let remedy: String

        package init(rule: String, table: String, key: String, sentence: String, remedy: String) {
            self.rule = rule
            self.table = table
            self.key = key
            self.sentence = sentence
            self.remedy = remedy
        }
    }

    /// What one check has done.
    public struct Check: Sendable, Hashable, Codable {
        /// Its name.
        public let name: String
        /// Values that it has read.
        public internal(set) var values = 0
        /// Findings that it has made.
        public internal(set) var findings = 0

        init(name: String) { self.name = name }
    }

    /// How much was asked for.
    public let level: VerificationLevel
    /// The commit that was looked at; nil when the manifest cannot be read.
    public internal(set) var generation: UInt64?
    /// What was done, in this order.
    public internal(set) var checks: [Check] = []
    /// What is wrong, at most ``maximumFindings``.
    public internal(set) var findings: [Finding] = []
    /// How many findings there are, those beyond the maximum too.
    public internal(set) var findingCount = 0
    /// What could not be looked at because of other damage.
    public internal(set) var notChecked: [String] = []

    /// Findings that a report holds; more are counted only.
    public static let maximumFindings = 1_000

    /// Everything was looked at, and nothing is wrong.
    public var isClean: Bool { findingCount == 0 && notChecked.isEmpty }
    /// Values that were read, by all checks together.
    public var values: Int { checks.reduce(0) { $0 + $1.values } }

    /// A report of nothing yet.
    package init(level: VerificationLevel) { self.level = level }

    package mutating func add(_ finding: Finding) {
        findingCount += 1
        if findings.count < Self.maximumFindings { findings.append(finding) }
    }
}
