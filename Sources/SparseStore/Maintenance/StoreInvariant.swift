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
            "`ids` holds exactly the identifiers of the documents in `documents`, each leading to its document"
        case .counters:
            "the manifest's `documents` is the number of entries of `documents`, its `nonzeros` the sum of their term "
                + "counts"
        case .membership:
            "each document in `documents` is in exactly one segment, without a tombstone; every other place in a "
                + "segment has one"
        case .tombstones:
            "a segment's tombstones are as many as its entry in the manifest says, all below its number of documents"
        case .frequencies: "a term's document frequency is the number of live documents that have it"
        case .deltas: "all deltas from firstStatisticsDelta up to nextStatisticsDelta exist, and no others"
        case .vocabulary:
            "where terms are strings, `vocabulary` holds each term below nextTerm once in each direction, and nothing "
                + "else; where they are not, nothing"
        case .knownTerms: "where terms are strings, each term of a document is below nextTerm"
        case .dictionaries: "each dictionary that a document or the manifest names exists"
        case .segmentParts: "each segment of the manifest has all its parts, and they agree with its entry"
        case .orphans:
            "`segments` holds nothing of segments that the manifest does not list, except those that `merge` names as "
                + "staged, `retired` names and `blocks` has its number of; `tombstones` nothing at all of others"
        case .postings: "a segment's postings are those of its documents"
        case .tags: "a segment's tags are those of its documents, but for those that `changes` marks"
        case .vectors: "a segment's exact vectors and identifiers are those of its documents"
        case .dictionaryNumbers: "the ids of `dictionaries` are 1 or more and below nextDictionary"
        case .tuningGeneration: "a tuning is of no later commit than the manifest"
        case .metaRecords: "`meta` holds a store record and a manifest"
        case .mergeSources:
            "the sources of `merge` are neighbours in the manifest, in its order; what it has staged is not in the "
                + "manifest, and below nextSegment"
        case .retiredSegments: "a retired segment is neither in the manifest nor named by `merge`"
        case .blockSources:
            "the number of `blocks` and its sources are below nextSegment; nothing else has the number, and sources that "
                + "the manifest lists have as many documents there"
        case .blockParts: "the block index has all its parts and no others, and they agree with its record"
        case .blockLists: "the lists of the block index, and their summaries, are those of their documents' lines"
        case .blockLines: "the lines of the block index are those of its live documents"
        case .columns: "a segment's columns are those of its documents, but for those that `changes` marks"
        case .changes:
            "a segment's changes are as many as its entry in the manifest says, all below its number of documents; "
                + "`changes` holds nothing of other segments"
        case .attributeTypes: "each attribute of a document is in the schema, with a type that holds its value"
        case .multivectors:
            "each multivector belongs to a document in `documents`, and has the dimension of the settings"
        case .multivectorCounts:
            "the settings' `tokens`, `bytes` and documents of each encoding are those of the entries of `multivectors`"
        case .codebooks:
            "each codebook that a multivector or the settings name exists, and has the dimension of the settings"
        case .encoderLength:
            "where BM25 scores, weights are whole numbers, and `length` is their sum over all documents"
        }
    }
}
