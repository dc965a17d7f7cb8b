/// The numbered invariants of FORMAT.md that hold within one value. The texts there and here are the
/// same (a test compares them). Invariants between values have numbers from 101 and belong to `verify`.
package enum Invariant: Int, Sendable, CaseIterable {
    case storeMagic = 1
    case reservedBytesAreZero = 2
    case keyShape = 3
    case pageSize = 4
    case termSpace = 5
    case segmentKind = 6
    case segmentIDs = 7
    case segmentRanges = 8
    case segmentCounts = 9
    case manifestCounters = 10
    case fixedBodyLength = 11
    case termsAscend = 12
    case changesAreNotZero = 13
    case textLength = 14
    case knownEncoding = 15
    case termCount = 16
    case sectionLengths = 17
    case weightInRange = 18
    case tagsAscend = 19
    case payloadLengths = 20
    case dictionaryUse = 21
    case chunkLengths = 22
    case documentsAscend = 23
    case windowCounts = 24
    case listRange = 25
    case forwardRecords = 26
    case tuningPoints = 27
    case tagLists = 28
    case segmentOrder = 29
    case multivectorShape = 30
    case multivectorScale = 31
    case codebookUse = 32
    case codebookShape = 33
    case multivectorCounts = 34
    case attributesAscend = 35
    case attributeValues = 36
    case columnShape = 37
    case columnValues = 38
    case claimSegments = 40
    case retiredSegments = 41
    case blockSources = 42
    case blockCounts = 43
    case blockLists = 44
    case encoder = 50

    /// The rule in one sentence.
    package var rule: String {
        switch self {
        case .storeMagic: "a store record begins with the magic SPARSEST"
        case .reservedBytesAreZero: "reserved bytes are zero"
        case .keyShape: "a key has the length and prefix of its table"
        case .pageSize: "the page size is a power of two from 512 to 65536"
        case .termSpace: "the term space is 0, 1 or 2"
        case .segmentKind: "a segment's kind is 1"
        case .segmentIDs: "segment ids are unique and below nextSegment"
        case .segmentRanges: "segments' document ranges ascend, do not overlap and end below nextDocument"
        case .segmentCounts:
            "a segment has from 1 to 65535 documents, no more than its range allows, and its other counts are possible"
        case .manifestCounters: "the manifest's counters are below 2^62 and consistent with each other"
        case .fixedBodyLength: "a body with a fixed length has that length"
        case .termsAscend: "terms ascend strictly and fit in 32 bits"
        case .changesAreNotZero: "a statistics delta has no change of zero"
        case .textLength: "the length of a string is within its limits"
        case .knownEncoding: "an encoding byte has a known value"
        case .termCount: "a document has at most 65535 terms"
        case .sectionLengths: "a document's sections fill its body exactly"
        case .weightInRange: "a weight lies from 1e-15 to 1e15"
        case .tagsAscend: "tags ascend strictly by their bytes"
        case .payloadLengths: "a payload's lengths agree with its encoding"
        case .dictionaryUse: "a document names a dictionary only when a zstd frame uses it"
        case .chunkLengths: "a chunk's lengths agree with its codec"
        case .documentsAscend: "a segment's documents ascend strictly and fit 64 bits"
        case .windowCounts: "a window's counts agree with its contents and its chunks"
        case .listRange: "a posting list lies inside its chunk, aligned, behind the one before, with 1 or more postings"
        case .forwardRecords: "a forward record lies inside its chunk"
        case .tuningPoints:
            "a tuning's bounds, points and cold times ascend, with recalls of 0 to 1, and times and numbers that are finite"
        case .tagLists: "a tag's documents ascend, are 1 or more of the window's, and stand in the shorter form"
        case .segmentOrder: "a segment's order is a permutation of its documents"
        case .multivectorShape: "a multivector has 1 to 4096 tokens of 1 to 1024 dimensions, all finite"
        case .multivectorScale: "a token's scale is finite and not negative"
        case .codebookUse: "a codebook is named if the encoding needs one, and has every named centroid"
        case .codebookShape: "a codebook has 1 or more centroids, is finite, and is zero past the dimension"
        case .multivectorCounts: "the counts of multivectors are below 2^62 and consistent with each other"
        case .attributesAscend: "attributes ascend strictly in the byte order of their names"
        case .attributeValues: "a number is finite, a Boolean is 0 or 1, and a list has 1 to 1024 elements"
        case .columnShape: "the counts and lengths of a column match each other, and its forms are the shortest"
        case .columnValues: "the strings and lists of a column ascend, and its codes and ranges match its values"
        case .claimSegments: "a claim names each segment once, and has no staged segment without a source"
        case .retiredSegments: "there are 1 or more retired segments, each named once"
        case .blockSources: "a block index has 1 or more sources, each named once, with 1 to 65535 documents"
        case .blockCounts: "the counts of a block index match its contents and its chunks"
        case .blockLists:
            "a block list lies inside its chunk, aligned, behind the one before, with 1 to 65535 postings and at most as "
                + "many blocks, and its parts do not overlap"
        case .encoder:
            "a BM25 encoder has parameters in their ranges, and other encoders have neither parameters nor a length"
        }
    }
}
