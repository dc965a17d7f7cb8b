import Testing

@testable import SparseFormat

/// Each rule of the manifest, broken alone.
@Suite struct ManifestTests {
    private static func entry(_ id: UInt32, _ range: ClosedRange<UInt64>, documents: UInt32 = 1) -> SegmentEntry {
        SegmentEntry(
            id: id, documents: documents, firstDocument: range.lowerBound,
            lastDocument: range.upperBound, nonzeros: 1, bytes: 1)
    }

    private var manifest = ManifestRecord(
        nextDocument: 100, documents: 10, nextSegment: 5, nextDictionary: 3, currentDictionary: 2,
        firstStatisticsDelta: 4, nextStatisticsDelta: 6,
        segments: [entry(3, 0...9), entry(1, 10...19), entry(4, 30...30)])

    private func broken(_ manifest: ManifestRecord) -> Int? {
        let value = manifest.sealed(in: .meta, key: Keys.manifest)
        do {
            let decoded = try value.withUnsafeBytes { try ManifestRecord(sealed: $0, in: .meta, key: Keys.manifest) }
            #expect(decoded == manifest)
            return nil
        } catch {
            guard case .invariant(let number, _)? = (error as? FormatError)?.code else { return -1 }
            return number
        }
    }

    private func broken(_ change: (inout ManifestRecord) -> Void) -> Invariant? {
        var changed = manifest
        change(&changed)
        return broken(changed).flatMap(Invariant.init(rawValue:))
    }

    @Test func `sound`() {
        #expect(broken(manifest) == nil)
        #expect(broken(ManifestRecord()) == nil)
        #expect(broken { $0.segments[2] = Self.entry(4, 99...99) } == nil)
        #expect(broken { $0.segments[1] = Self.entry(1, 10...19, documents: 10) } == nil)
        #expect(broken { $0.segments[1].tombstones = 1 } == nil)
    }

    @Test func `segment rules`() {
        #expect(broken { $0.segments[1].id = 3 } == .segmentIDs)
        #expect(broken { $0.segments[1].id = 5 } == .segmentIDs)
        #expect(broken { $0.segments.swapAt(0, 1) } == .segmentRanges)
        #expect(broken { $0.segments[0].lastDocument = 10 } == .segmentRanges)
        #expect(broken { $0.segments[2].lastDocument = 100 } == .segmentRanges)
        #expect(broken { $0.segments[1].tombstones = 2 } == .segmentCounts)
        #expect(broken { $0.segments[1].documents = 0 } == .segmentCounts)
        #expect(broken { $0.segments[1].documents = 11 } == .segmentCounts)
        #expect(broken { $0.segments[1].firstDocument = 20 } == .segmentCounts)
    }

    @Test func `counter rules`() {
        #expect(broken { $0.documents = 101 } == .manifestCounters)
        #expect(broken { $0.currentDictionary = 3 } == .manifestCounters)
        #expect(broken { $0.firstStatisticsDelta = 7 } == .manifestCounters)
        #expect(broken { $0.nextDictionary = 0 } == .manifestCounters)
    }

    @Test func `the widest range of numbers`() {
        let next: UInt64 = 1 << 62 - 1
        let all = ManifestRecord(
            nextDocument: next, nextSegment: 1, segments: [Self.entry(0, 0...(next - 1), documents: 65_535)])
        #expect(broken(all) == nil)
    }

    @Test func `bytes without a name`() throws {
        let value = manifest.sealed(in: .meta, key: Keys.manifest)
        let sample = Sample("manifest", manifest, .meta, Keys.manifest)
        func code(_ offset: Int, _ byte: UInt8) -> FormatError.Code? {
            var bytes = value
            bytes[16 + offset] = byte
            do {
                let sealed = sample.resealed(bytes)
                _ = try sealed.withUnsafeBytes { try ManifestRecord(sealed: $0, in: .meta, key: Keys.manifest) }
                return nil
            } catch {
                return (error as? FormatError)?.code
            }
        }
        #expect(code(32, 3) == .invariant(5, Invariant.termSpace.rule))
        #expect(code(34, 1) == .invariant(2, Invariant.reservedBytesAreZero.rule))
        #expect(code(92, 0) == .invariant(6, Invariant.segmentKind.rule))
        #expect(code(92, 2) == .invariant(6, Invariant.segmentKind.rule))
        #expect(code(93, 1) == .invariant(2, Invariant.reservedBytesAreZero.rule))
        #expect(code(33, 2) == .invariant(15, Invariant.knownEncoding.rule))
        #expect(code(94, 2) == .unknownFlags)
        #expect(code(84, 4) == .truncated)
        #expect(code(86, 1) == .limitExceeded)
    }

    @Test func `as many segments as allowed`() {
        let segments = (0..<65_535).map { Self.entry($0, UInt64($0)...UInt64($0)) }
        let most = ManifestRecord(nextDocument: 65_535, nextSegment: 65_535, segments: segments)
        #expect(broken(most) == nil)
        let over = ManifestRecord(
            nextDocument: 65_536, nextSegment: 65_536, segments: segments + [Self.entry(65_535, 65_535...65_535)])
        #expect(broken(over) == -1)
    }
}
