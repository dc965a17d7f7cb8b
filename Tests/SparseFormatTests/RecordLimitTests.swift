import Testing

@testable import SparseFormat

/// Both sides of the limits that records are held to when they are read.
@Suite struct RecordLimitTests {
    private func code<R: Record>(_ record: R) -> FormatError.Code? {
        let key = Array("key".utf8)
        let value = record.sealed(in: .meta, key: key)
        do {
            _ = try value.withUnsafeBytes { try R(sealed: $0, in: .meta, key: key) }
            return nil
        } catch { return (error as? FormatError)?.code }
    }

    @Test func `chunks`() throws {
        func header(_ length: Int) throws -> SegmentChunkHeader {
            var writer = ByteWriter()
            SegmentChunkHeader(codec: .planes, originalLength: UInt32(length)).encode(into: &writer)
            writer.u8(0)
            return try writer.bytes.withUnsafeBytes { try SegmentChunkHeader(body: $0) }
        }
        #expect(try Int(header(Limits.maximumChunkBytes).originalLength) == Limits.maximumChunkBytes)
        let error = #expect(throws: FormatError.self) { try header(Limits.maximumChunkBytes + 1) }
        #expect(error?.code == .limitExceeded)
    }

    @Test func `dictionaries`() {
        func dictionary(_ count: Int) -> DictionaryRecord {
            DictionaryRecord(bytes: [UInt8](repeating: 7, count: count))
        }
        #expect(code(dictionary(Limits.maximumDictionaryBytes)) == nil)
        #expect(code(dictionary(Limits.maximumDictionaryBytes + 1)) == .limitExceeded)
        #expect(code(dictionary(0)) == .limitExceeded)
    }

    @Test func `points of a tuning`() {
        func tuning(_ count: Int) -> TuningRecord {
            let points = (1...count).map {
                TuningRecord.Point(limit: UInt32($0), effort: 16, recall: 1, time: 1, scored: 1)
            }
            return TuningRecord(generation: 1, documents: 1, queries: 1, points: points)
        }
        #expect(code(tuning(TuningRecord.maximumPoints)) == nil)
        #expect(code(tuning(TuningRecord.maximumPoints + 1)) == .limitExceeded)
    }

    @Test func `bounds and classes of a tuning`() {
        func tuning(_ bounds: [UInt32], classes: [UInt8] = []) -> TuningRecord {
            TuningRecord(
                generation: 1, documents: 1, queries: 1, bounds: bounds,
                points: classes.map {
                    TuningRecord.Point(limit: 10, queryClass: $0, effort: 16, recall: 1, time: 1, scored: 1)
                })
        }
        let most = UInt32(TuningRecord.maximumBounds)
        let broken = FormatError.Code.invariant(Invariant.tuningPoints.rawValue, Invariant.tuningPoints.rule)
        #expect(code(tuning(Array(1...most))) == nil)
        #expect(code(tuning(Array(1...most + 1))) == .limitExceeded)
        for bounds: [UInt32] in [[0], [0, 1], [2, 2], [3, 2]] { #expect(code(tuning(bounds)) == broken) }
        #expect(code(tuning([10, 20], classes: [0, 2])) == nil)
        #expect(code(tuning([10, 20], classes: [0, 3])) == broken)
        #expect(code(tuning([10, 20], classes: [1, 0])) == broken)
        #expect(code(tuning([10, 20], classes: [1, 1])) == broken)
    }

    @Test func `cold times of a tuning`() {
        func tuning(_ times: [(effort: UInt8, time: Float)], bounds: [UInt32] = [10]) -> TuningRecord {
            TuningRecord(
                generation: 1, documents: 1, queries: 1, bounds: bounds, points: [],
                coldTimes: times.map { TuningRecord.ColdTime(effort: $0.effort, time: $0.time) })
        }
        let broken = FormatError.Code.invariant(Invariant.tuningPoints.rawValue, Invariant.tuningPoints.rule)
        let all = (0...UInt8.max).map { ($0, Float(1)) }
        #expect(all.count == TuningRecord.maximumColdTimes)
        #expect(code(tuning(all)) == nil)
        #expect(code(tuning(all, bounds: [])) == nil)
        #expect(code(tuning(all + [(255, 1)])) == .limitExceeded)
        for times: [(UInt8, Float)] in [
            [(17, 1), (16, 1)], [(16, 1), (16, 2)], [(16, -1)], [(16, .infinity)], [(16, .nan)],
        ] {
            #expect(code(tuning(times)) == broken)
        }
        #expect(code(tuning([(16, 0), (255, 1)])) == nil)
    }

    /// Each tuning has one encoding: that of the first version that has what it has.
    @Test func `the version of a tuning is the first that can hold it`() {
        let time = TuningRecord.ColdTime(effort: 16, time: 1)
        func version(_ bounds: [UInt32], _ times: [TuningRecord.ColdTime]) -> UInt8 {
            TuningRecord(generation: 1, documents: 1, queries: 1, bounds: bounds, points: [], coldTimes: times).version
        }
        #expect([version([], []), version([10], []), version([10], [time]), version([], [time])] == [1, 2, 3, 3])
    }

    @Test func `a tuning of version 3 has cold times`() throws {
        var writer = ByteWriter()
        TuningRecord(generation: 1, documents: 1, queries: 1, bounds: [10], points: []).encodeBody(into: &writer)
        let key = Array("key".utf8)
        let value = Value.seal(kind: .tuning, version: 3, table: .meta, key: key) { [body = writer.bytes] in
            $0.append(body + [0, 0, 0, 0])
        }
        let error = #expect(throws: FormatError.self) {
            try value.withUnsafeBytes { try TuningRecord(sealed: $0, in: .meta, key: key) }
        }
        #expect(error?.detail.contains("no cold times") == true)
    }

    /// One class has version 1, so that there is one encoding for each tuning.
    @Test func `a tuning of version 2 has bounds`() throws {
        var writer = ByteWriter()
        TuningRecord(generation: 1, documents: 1, queries: 1, points: []).encodeBody(into: &writer)
        let body = Array(writer.bytes[..<20]) + [0, 0, 0, 0] + writer.bytes[20...]
        let key = Array("key".utf8)
        let value = Value.seal(kind: .tuning, version: 2, table: .meta, key: key) { $0.append(body) }
        let error = #expect(throws: FormatError.self) {
            try value.withUnsafeBytes { try TuningRecord(sealed: $0, in: .meta, key: key) }
        }
        #expect(error?.detail.contains("no bounds") == true)
    }

    /// Within the limit the entries are looked at, and these are none.
    @Test func `changes of a delta`() {
        func code(_ count: Int) -> FormatError.Code? {
            var writer = ByteWriter()
            writer.u32(UInt32(count))
            let body = writer.bytes + [UInt8](repeating: 0, count: 2 * count)
            do {
                _ = try body.withUnsafeBytes { bytes in
                    var reader = ByteReader(bytes)
                    return try StatisticsDelta(body: &reader, flags: 0)
                }
                return nil
            } catch { return (error as? FormatError)?.code }
        }
        #expect(code(Limits.maximumDeltaEntries) == FormatError(.changesAreNotZero).code)
        #expect(code(Limits.maximumDeltaEntries + 1) == .limitExceeded)
    }

    @Test func `encodings of multivectors`() {
        func settings(_ count: Int) -> MultivectorSettings {
            let encodings = (1...UInt32(count)).map { MultivectorSettings.Encoding(.pq32, codebook: $0) }
            return MultivectorSettings(
                dimension: 4, nextCodebook: UInt32(count) + 1, tokens: UInt64(count),
                documentsByEncoding: Dictionary(uniqueKeysWithValues: encodings.map { ($0, 1) }))
        }
        #expect(code(settings(Limits.maximumMultivectorEncodings)) == nil)
        #expect(code(settings(Limits.maximumMultivectorEncodings + 1)) == .limitExceeded)
    }

    @Test func `segments of a manifest`() {
        func manifest(_ count: Int) -> ManifestRecord {
            let segments = (0..<count).map { index in
                SegmentEntry(
                    id: UInt32(index), documents: 1, firstDocument: UInt64(index),
                    lastDocument: UInt64(index), nonzeros: 1, bytes: 1)
            }
            return ManifestRecord(
                nextDocument: UInt64(count), nextSegment: UInt32(count), segments: segments)
        }
        #expect(code(manifest(Limits.maximumSegments)) == nil)
        #expect(code(manifest(Limits.maximumSegments + 1)) == .limitExceeded)
    }

    /// Whoever counts them up, or makes an Int of them, relies on it.
    @Test func `counters leave room`() {
        let most: UInt64 = 1 << 62 - 1
        let counters: [WritableKeyPath<ManifestRecord, UInt64>] = [
            \.generation, \.nextDocument, \.nonzeros, \.nextStatisticsDelta, \.bytesWritten, \.bytesMerged,
        ]
        for counter in counters {
            var manifest = ManifestRecord()
            manifest[keyPath: counter] = most
            #expect(code(manifest) == nil, "\(counter)")
            manifest[keyPath: counter] += 1
            #expect(code(manifest) == FormatError(.manifestCounters).code, "\(counter)")
        }
        for counter in [\MultivectorSettings.tokens, \.bytes] {
            var settings = MultivectorSettings(dimension: 4)
            settings[keyPath: counter] = most
            #expect(code(settings) == nil)
            settings[keyPath: counter] += 1
            #expect(code(settings) == FormatError(.multivectorCounts).code)
        }
    }

    @Test func `counts of a segment fit its kind`() {
        func manifest(_ change: (inout SegmentEntry) -> Void) -> ManifestRecord {
            var entry = SegmentEntry(
                id: 0, documents: 65_535, firstDocument: 0, lastDocument: 99_999,
                nonzeros: 65_535 * 65_535, bytes: 1 << 62 - 1)
            change(&entry)
            return ManifestRecord(nextDocument: 100_000, nextSegment: 1, segments: [entry])
        }
        let broken = FormatError(.segmentCounts).code
        #expect(code(manifest { _ in }) == nil)
        #expect(code(manifest { $0.documents += 1 }) == broken)
        #expect(code(manifest { $0.nonzeros += 1 }) == broken)
        #expect(code(manifest { $0.bytes += 1 }) == broken)
    }
}
