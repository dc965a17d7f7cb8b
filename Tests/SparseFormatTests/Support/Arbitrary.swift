@testable import SparseFormat

/// Random values that obey the rules, with a liking for edges.
enum Arbitrary {
    static func vector(_ random: inout SeededGenerator, count: Int, below limit: UInt32) -> SparseVector {
        var terms: Set<TermID> = []
        while terms.count < count { terms.insert(UInt32.random(in: 0...limit, using: &random)) }
        // A third of them are exact in half precision.
        let isHalf = random.next() % 3 == 0
        let weights = (0..<count).map { _ in
            isHalf ? HalfFloat.float(UInt16(1 + random.next() % 0x7BFF)) : weight(&random)
        }
        return SparseVector(uncheckedTerms: terms.sorted(), weights: weights)
    }

    static func weight(_ random: inout SeededGenerator) -> Float {
        switch random.next() % 8 {
        case 0: Limits.weights.lowerBound
        case 1: Limits.weights.upperBound
        default: Float.random(in: 0.001...4, using: &random)
        }
    }

    static func store(_ random: inout SeededGenerator) -> StoreRecord {
        StoreRecord(
            formatMajor: UInt16(truncatingIfNeeded: random.number()),
            formatMinor: UInt16(truncatingIfNeeded: random.number()),
            compatibleFeatures: random.number(), readOnlyCompatibleFeatures: random.number(),
            incompatibleFeatures: random.number(), pageSize: 512 << UInt32(random.next() % 8),
            createdAt: random.number(), uuid: StoreUUID(high: random.next(), low: random.next()))
    }

    /// Below 2^62, as counters are.
    private static func counter(_ random: inout SeededGenerator) -> UInt64 { random.number() >> 2 }

    static func manifest(_ random: inout SeededGenerator) -> ManifestRecord {
        var manifest = ManifestRecord()
        var next: UInt64 = 0
        let ids = Array(0..<UInt32(random.next() % 12)).shuffled(using: &random)
        for id in ids {
            let first = next + random.next() % 3
            let width = random.next() % 50
            let documents = UInt32(1 + random.next() % (width + 1))
            manifest.segments.append(
                SegmentEntry(
                    id: id, isCompact: random.next() % 2 == 0,
                    documents: documents,
                    tombstones: UInt32(random.next() % UInt64(documents + 1)), firstDocument: first,
                    lastDocument: first + width, nonzeros: random.number() % (UInt64(documents) * 65_535),
                    bytes: counter(&random)))
            next = first + width + 1
        }
        manifest.generation = counter(&random)
        manifest.nextDocument = next + counter(&random) / 2
        manifest.documents = manifest.nextDocument == 0 ? 0 : random.number() % (manifest.nextDocument + 1)
        manifest.nonzeros = counter(&random)
        manifest.profile = [.fast, .compact][Int(random.next() % 2)]
        manifest.termSpace = [.undecided, .strings, .numbers][Int(random.next() % 3)]
        manifest.nextTerm = UInt32(truncatingIfNeeded: random.number())
        manifest.nextSegment = UInt32(ids.count) + UInt32(random.next() % 3)
        manifest.nextDictionary = 1 + UInt32(random.next() % 5)
        manifest.currentDictionary = UInt32(random.next() % UInt64(manifest.nextDictionary))
        manifest.firstStatisticsDelta = counter(&random) / 2
        manifest.nextStatisticsDelta = manifest.firstStatisticsDelta + random.next() % 70
        manifest.bytesWritten = counter(&random)
        manifest.bytesMerged = counter(&random)
        return manifest
    }

    static func page(_ random: inout SeededGenerator) -> StatisticsPage {
        var page = StatisticsPage.empty
        for slot in page.frequencies.indices where random.next() % 3 == 0 {
            page.frequencies[slot] = UInt32(truncatingIfNeeded: random.number())
        }
        return page
    }

    static func delta(_ random: inout SeededGenerator) -> StatisticsDelta {
        let terms = vector(&random, count: Int(random.next() % 40), below: random.next() % 2 == 0 ? 500 : .max).terms
        let changes = terms.map { _ in
            switch random.next() % 4 {
            case 0: Int64.min
            case 1: Int64.max
            default: Int64(random.next() % 100) - 200
            }
        }
        return StatisticsDelta(terms: terms, changes: changes)
    }

    /// A tuning of one class of queries, or of as many as a record can hold.
    ///
    /// - Parameter isCold: Whether it has some cold times.
    static func tuning(_ random: inout SeededGenerator, byClass: Bool, isCold: Bool = false) -> TuningRecord {
        var limit: UInt32 = 0
        let bounds = byClass ? (1...TuningRecord.maximumBounds).map { UInt32(5 * $0) } : []
        let points = (0..<random.next() % 20).map { _ in
            limit += 1 + UInt32(random.next() % 3)
            return TuningRecord.Point(
                limit: limit, queryClass: UInt8(random.next() % UInt64(bounds.count + 1)),
                effort: UInt8(truncatingIfNeeded: random.next()),
                recall: Float.random(in: 0...1, using: &random), time: Float(random.next() >> 20),
                scored: Float(random.next() >> 40))
        }
        return TuningRecord(
            generation: random.number(), documents: random.number(),
            queries: UInt32(truncatingIfNeeded: random.number()), bounds: bounds, points: points,
            coldTimes: isCold ? coldTimes(&random) : [])
    }

    private static func coldTimes(_ random: inout SeededGenerator) -> [TuningRecord.ColdTime] {
        let efforts = Set((0...random.next() % 40).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        return efforts.sorted().map { TuningRecord.ColdTime(effort: $0, time: Float(random.next() >> 20)) }
    }

    static func multivectorSettings(_ random: inout SeededGenerator) -> MultivectorSettings {
        var settings = MultivectorSettings(dimension: 1 + Int(random.next() % 1_024))
        if random.next() % 2 == 0 {
            settings.encoding = .init(.pq32, codebook: 1 + UInt32(random.next() % 9))
        } else if random.next() % 2 == 0 {
            settings.encoding = .init(.int8)
        }
        settings.nextCodebook = settings.encoding.codebook + 1 + UInt32(random.next() % 3)
        for _ in 0..<random.next() % 40 {
            let isOther = random.next() % 3 == 0
            settings.add(isOther ? .init(random.next() % 2 == 0 ? .f16 : .int8) : settings.encoding)
        }
        settings.tokens = settings.documents + counter(&random) / 2
        settings.bytes = counter(&random)
        return settings
    }

    static func multivector(_ random: inout SeededGenerator, tokens: Int, dimension: Int) -> [Float] {
        (0..<tokens * dimension).map { _ in
            switch random.next() % 8 {
            case 0: 0
            case 1: Limits.components.upperBound
            default: Float.random(in: -2...2, using: &random)
            }
        }
    }

    static func codebook(_ random: inout SeededGenerator) -> TokenCodebook {
        let dimension = 1 + Int(random.next() % 3)
        let centroids = multivector(&random, tokens: 1 + Int(random.next() % 4), dimension: dimension)
        var codewords = [Float](repeating: 0, count: 256 * 4)
        for index in codewords.indices where index % 4 < dimension {
            codewords[index] = Float.random(in: -1...1, using: &random)
        }
        return TokenCodebook(dimension: dimension, centroids: centroids, codewords: codewords)
    }

    static func claim(_ random: inout SeededGenerator) -> ClaimRecord {
        let ids = Array(0..<UInt32(2 + random.next() % 20)).shuffled(using: &random)
        let sources = 1 + Int(random.next() % UInt64(ids.count))
        return ClaimRecord(
            owner: random.number(), steps: random.number(), process: UInt32(truncatingIfNeeded: random.number()),
            sources: Array(ids[..<sources]), staged: Array(ids[sources...]))
    }

    static func blockIndex(_ random: inout SeededGenerator) -> BlockIndexRecord {
        let ids = Array(0..<UInt32(2 + random.next() % 9)).shuffled(using: &random)
        return BlockIndexRecord(
            number: ids[0], bytes: counter(&random),
            sources: ids.dropFirst().map { .init(segment: $0, documents: 1 + UInt32(random.next() % 65_535)) })
    }

    static func tombstones(_ random: inout SeededGenerator) -> TombstonePage {
        var page = TombstonePage.empty
        for _ in 0..<random.next() % 300 { page.insert(Int(random.next() % 8192)) }
        return page
    }
}
