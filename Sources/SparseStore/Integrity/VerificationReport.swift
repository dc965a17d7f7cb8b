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

/// The numbered invariants of FORMAT.md between values, which `verify` checks. A test compares the texts with those of
/// FORMAT.md. Invariants within one value are in `Invariant`.
enum StoreInvariant: Int, Sendable, CaseIterable {
    case identifiers = 101
    case counters = 102
    case membership = 103
    case tombstones = 104
    case frequencies = 105
    case deltas = 106
    case vocabulary = 107
    case knownTerms = 108
    case dictionaries = 109
    case segmentParts = 110
    case orphans = 111
    case postings = 112
    case tags = 113
    case vectors = 114
    case dictionaryNumbers = 115
    case tuningGeneration = 116
    case metaRecords = 117
    case mergeSources = 118
    case retiredSegments = 119
    case blockSources = 120
    case blockParts = 121
    case blockLists = 122
    case blockLines = 123
    case columns = 124
    case changes = 125
    case attributeTypes = 126
    case multivectors = 130
    case multivectorCounts = 131
    case codebooks = 132
    case encoderLength = 140

    /// The rule in one sentence.
    var rule: String {
        switch self {
        case .identifiers:
            "`ids` has exactly the identifiers of the documents in `documents`, and each maps to its document"
        case .counters:
            "the manifest's `documents` is the number of entries in `documents`; "
                + "its `nonzeros` is the sum of their term counts"
        case .membership:
            "each document in `documents` is in exactly one segment, without a tombstone; "
                + "every other ordinal of a segment has one"
        case .tombstones:
            "a segment has as many tombstones as its manifest entry says, all below its number of documents"
        case .frequencies: "the document frequency of a term is the number of live documents that have it"
        case .deltas: "all deltas from firstStatisticsDelta up to nextStatisticsDelta exist, and no others"
        case .vocabulary:
            "if terms are strings, `vocabulary` has each term below nextTerm once in each direction, and nothing "
                + "else; otherwise it is empty"
        case .knownTerms: "if terms are strings, each term of a document is below nextTerm"
        case .dictionaries: "each dictionary that a document or the manifest names exists"
        case .segmentParts: "each segment of the manifest has all its parts, and they match its entry"
        case .orphans:
            "`segments` has values only of segments that the manifest lists, that `merge` names as staged, or that "
                + "`retired` names, and of the number in `blocks`; "
                + "`tombstones` has values only of segments in the manifest"
        case .postings: "the postings of a segment match its documents"
        case .tags: "the tags of a segment match its documents, except those that `changes` marks"
        case .vectors: "the exact vectors and identifiers of a segment match its documents"
        case .dictionaryNumbers: "the ids of `dictionaries` are 1 or more and below nextDictionary"
        case .tuningGeneration: "the generation of a tuning is not above that of the manifest"
        case .metaRecords: "`meta` has a store record and a manifest"
        case .mergeSources:
            "the sources of `merge` are adjacent in the manifest, in its order; its staged segments are not in the "
                + "manifest, and are below nextSegment"
        case .retiredSegments: "a retired segment is neither in the manifest nor named by `merge`"
        case .blockSources:
            "the number of `blocks` and its sources are below nextSegment; nothing else has that number, and sources "
                + "that the manifest lists have the same number of documents there"
        case .blockParts: "the block index has all its parts and no others, and they match its record"
        case .blockLists: "the lists of the block index and their summaries match the lines of its documents"
        case .blockLines: "the lines of the block index match its live documents"
        case .columns: "the columns of a segment match its documents, except those that `changes` marks"
        case .changes:
            "a segment has as many changes as its manifest entry says, all below its number of documents; `changes` "
                + "has nothing of other segments"
        case .attributeTypes: "each attribute of a document is in the schema, with a type that can hold its value"
        case .multivectors:
            "each multivector belongs to a document in `documents`, and has the dimension of the settings"
        case .multivectorCounts:
            "the `tokens`, the `bytes` and the documents per "
                + "encoding in the settings match the entries of `multivectors`"
        case .codebooks:
            "each codebook that a multivector or the settings name exists, and has the dimension of the settings"
        case .encoderLength:
            "if BM25 is used, weights are whole numbers, and `length` is their sum over all documents"
        }
    }
}
