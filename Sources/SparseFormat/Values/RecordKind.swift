/// What a value is; the byte at offset 8 of its header. Numbers are never used again for something else.
package enum RecordKind: UInt8, Sendable, CaseIterable {
    case store = 1
    case manifest = 2
    case bookmark = 3
    case identifier = 4
    case document = 5
    case termID = 6
    case termName = 7
    case statisticsPage = 8
    case statisticsDelta = 9
    case segmentDirectory = 10
    case segmentChunk = 11
    case tombstonePage = 12
    case dictionary = 13
    case segmentDocuments = 14
    case segmentForward = 15
    case tuning = 16
    case segmentTags = 17
    case segmentOrder = 18
    case attributeSchema = 25
    case segmentColumn = 26
    case multivector = 19
    case multivectorCodec = 20
    case claim = 21
    case retired = 22
    case blockIndex = 23
    case blockDirectory = 24
    case multivectorSettings = 28
    case encoder = 29
}
