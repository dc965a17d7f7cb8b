import Testing

@testable import SparseFormat

/// Bodies written byte by byte, each with one rule broken behind a sound checksum.
@Suite struct DocumentBodyTests {
    /// A document's body in parts that can be changed alone.
    private struct Body {
        var identifier: [UInt8] = [97]
        var vectorEncoding: UInt8 = 0
        var payloadEncoding: UInt8 = 0
        var termCount: UInt32 = 2
        var weights: [Float] = [1, 2]
        /// In place of the weights.
        var halves: [UInt16] = []
        var gaps: [UInt8] = [0, 1]
        var tags: [UInt8] = []
        var tagCount: UInt16 = 0
        var attributes: [UInt8] = []
        var attributeCount: UInt8 = 0
        var reserved: UInt8 = 0
        var payload: [UInt8] = []
        var original: UInt32?
        var dictionary: UInt32 = 0
        var identifierLength: UInt16?
        var vectorLength: UInt32?
        var tagsLength: UInt16?
        var payloadLength: UInt32?

        var value: [UInt8] {
            Value.seal(kind: .document, version: 1, table: .documents, key: Keys.document(1)) { writer in
                writer.u16(identifierLength ?? UInt16(identifier.count))
                writer.u8(vectorEncoding)
                writer.u8(payloadEncoding)
                writer.u32(termCount)
                writer.u32(vectorLength ?? UInt32((halves.isEmpty ? 4 * weights.count : 2 * halves.count) + gaps.count))
                writer.u32(payloadLength ?? UInt32(payload.count))
                writer.u32(original ?? UInt32(payload.count))
                writer.u32(dictionary)
                writer.u16(tagCount)
                writer.u16(tagsLength ?? UInt16(tags.count))
                writer.u16(UInt16(attributes.count))
                writer.u8(attributeCount)
                writer.u8(reserved)
                writer.append(identifier)
                if halves.isEmpty { writer.f32s(weights) }
                for half in halves { writer.u16(half) }
                writer.append(gaps)
                writer.append(tags)
                writer.append(attributes)
                writer.append(payload)
            }
        }
    }

    private func code(_ change: (inout Body) -> Void) -> FormatError.Code? {
        var body = Body()
        change(&body)
        do {
            try body.value.withUnsafeBytes { try DocumentView($0, number: 1).check(DocumentDecoder()) }
            return nil
        } catch {
            return (error as? FormatError)?.code
        }
    }

    private func broken(_ change: (inout Body) -> Void) -> Invariant? {
        guard case .invariant(let number, _)? = code(change) else { return nil }
        return Invariant(rawValue: number)
    }

    @Test func `sound`() {
        #expect(code { _ in } == nil)
        #expect(code { $0.payloadEncoding = 1 } == nil)
    }

    @Test func `encodings`() {
        // No vector is compressed: the numbers after those of plain and half are not known.
        for encoding: UInt8 in 2...255 { #expect(broken { $0.vectorEncoding = encoding } == .knownEncoding) }
        #expect(broken { $0.payloadEncoding = 3 } == .knownEncoding)
        #expect(broken { $0.dictionary = 1 } == .dictionaryUse)
    }

    @Test func `halves`() {
        func broken(_ halves: [UInt16], length: UInt32? = nil) -> Invariant? {
            self.broken { ($0.vectorEncoding, $0.halves, $0.vectorLength) = (1, halves, length) }
        }
        // The smallest and the largest; then zeros, infinity, what is no number, and what is negative.
        #expect(broken([0x0001, 0x7BFF]) == nil)
        for bad: UInt16 in [0, 0x8000, 0x7C00, 0x7FFF, 0xFC00, 0xBC00] {
            #expect(broken([0x3C00, bad]) == .weightInRange, "\(bad)")
        }
        #expect(
            broken([0x3C00, 0x3C00, 0x3C00]) == .sectionLengths || broken([0x3C00, 0x3C00, 0x3C00]) == .termsAscend)
        #expect(broken([0x3C00, 0x3C00], length: 15) == .sectionLengths)
    }

    @Test func `lengths`() {
        #expect(broken { $0.identifier = [] } == .textLength)
        #expect(broken { $0.identifier = [UInt8](repeating: 97, count: 501) } == .textLength)
        #expect(code { $0.identifier = [0xFF] } == .badUTF8)
        #expect(broken { $0.identifierLength = 2 } == .sectionLengths)
        #expect(broken { $0.vectorLength = 9 } == .sectionLengths)
        #expect(broken { $0.vectorLength = .max } == .sectionLengths)
        #expect(broken { $0.payloadLength = .max } == .sectionLengths)
        #expect(broken { $0.tagsLength = .max } == .sectionLengths)
        #expect(broken { ($0.vectorLength, $0.payloadLength) = (.max, .max) } == .sectionLengths)
    }

    @Test func `terms`() {
        #expect(broken { $0.termCount = 0 } == .sectionLengths)
        #expect(broken { $0.termCount = 65_536 } == .termCount)
        #expect(broken { $0.termCount = .max } == .termCount)
        #expect(broken { $0.termCount = 3 } == .sectionLengths)
        #expect(broken { $0.termCount = 1 } == .sectionLengths)
        #expect(broken { $0.gaps = [5, 0] } == .termsAscend)
        #expect(broken { $0.gaps = [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1] } == .termsAscend)
        #expect(broken { $0.gaps = [1, 1, 1] } == .sectionLengths)
        #expect(code { $0.gaps = [1, 0x81] } == .truncated)
        #expect(code { $0.gaps = [0x81, 0x81] } == .truncated)
        #expect(code { $0.gaps = [0x81, 0x81, 0x81, 0x81] } == .truncated)
        #expect(code { $0.gaps = [0x81, 0, 1] } == .badVarint)
        #expect(code { $0.gaps = [0x81, 0x80, 0, 1] } == .badVarint)
        #expect(code { $0.gaps = [0xFF, 0xFF, 0xFF, 0xFF, 0x10, 1] } == .badVarint)
        #expect(code { $0.gaps = [0xFF, 0xFF, 0xFF, 0xFF, 0x8F, 1, 1] } == .badVarint)
    }

    @Test func `weights`() {
        for weight: Float in [0, -1, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1.1e15] {
            #expect(broken { $0.weights = [1, weight] } == .weightInRange)
        }
        #expect(code { $0.weights = [1e-15, 1e15] } == nil)
    }

    @Test func `tags`() {
        #expect(code { ($0.tagCount, $0.tags) = (2, [1, 97, 1, 98]) } == nil)
        #expect(broken { ($0.tagCount, $0.tags) = (2, [1, 97, 1, 97]) } == .tagsAscend)
        #expect(broken { ($0.tagCount, $0.tags) = (2, [1, 98, 1, 97]) } == .tagsAscend)
        #expect(code { ($0.tagCount, $0.tags) = (2, [1, 97, 2, 97, 97]) } == nil)
        #expect(code { ($0.tagCount, $0.tags) = (1, [1, 97, 1, 98]) } == .trailingBytes)
        #expect(code { ($0.tagCount, $0.tags) = (2, [3, 97, 1, 98]) } == .truncated)
        #expect(broken { ($0.tagCount, $0.tags) = (1, [0, 97]) } == .textLength)
        #expect(broken { ($0.tagCount, $0.tags) = (0, [1, 97]) } == .sectionLengths)
        #expect(broken { ($0.tagCount, $0.tags) = (3, [1, 97, 1, 98]) } == .sectionLengths)
        #expect(code { ($0.tagCount, $0.tags) = (1, [1, 0xFF]) } == .badUTF8)
        #expect(code { ($0.tagCount, $0.tags) = (1, [0x81, 0, 97]) } == .badVarint)
        #expect(code { ($0.tagCount, $0.tags) = (257, [UInt8](repeating: 1, count: 514)) } == .limitExceeded)
        let longest = [UInt8](repeating: 97, count: 200)
        #expect(code { ($0.tagCount, $0.tags) = (1, [0xC8, 1] + longest) } == nil)
        #expect(broken { ($0.tagCount, $0.tags) = (1, [0xC9, 1] + longest + [97]) } == .textLength)
    }

    @Test func `attributes`() {
        // "a": 1 and "b": true
        let sound: [UInt8] = [1, 97, 1, 2, 1, 98, 3, 1]
        #expect(code { ($0.attributeCount, $0.attributes) = (2, sound) } == nil)
        #expect(broken { $0.reserved = 1 } == .reservedBytesAreZero)
        #expect(broken { ($0.attributeCount, $0.attributes) = (2, [1, 98, 1, 2, 1, 97, 3, 1]) } == .attributesAscend)
        #expect(broken { ($0.attributeCount, $0.attributes) = (2, [1, 97, 1, 2, 1, 97, 3, 1]) } == .attributesAscend)
        #expect(broken { ($0.attributeCount, $0.attributes) = (1, [1, 97, 0, 2]) } == .knownEncoding)
        #expect(broken { ($0.attributeCount, $0.attributes) = (1, [1, 97, 8, 2]) } == .knownEncoding)
        #expect(broken { ($0.attributeCount, $0.attributes) = (1, [1, 97, 3, 2]) } == .attributeValues)
        #expect(broken { ($0.attributeCount, $0.attributes) = (1, [1, 97, 6, 0]) } == .attributeValues)
        #expect(broken { ($0.attributeCount, $0.attributes) = (1, [1, 97, 7, 0]) } == .attributeValues)
        let infinity: [UInt8] = [1, 97, 2, 0, 0, 0, 0, 0, 0, 0xF0, 0x7F]
        #expect(broken { ($0.attributeCount, $0.attributes) = (1, infinity) } == .attributeValues)
        #expect(code { ($0.attributeCount, $0.attributes) = (1, [1, 97, 4, 1, 0xFF]) } == .badUTF8)
        #expect(code { ($0.attributeCount, $0.attributes) = (1, [1, 0xFF, 3, 1]) } == .badUTF8)
        #expect(broken { ($0.attributeCount, $0.attributes) = (1, [0, 97, 3, 1]) } == .textLength)
        #expect(code { ($0.attributeCount, $0.attributes) = (1, sound) } == .trailingBytes)
        #expect(code { ($0.attributeCount, $0.attributes) = (1, [1, 97, 4, 9]) } == .truncated)
        #expect(broken { ($0.attributeCount, $0.attributes) = (0, sound) } == .sectionLengths)
        #expect(broken { ($0.attributeCount, $0.attributes) = (3, sound) } == .sectionLengths)
        #expect(code { ($0.attributeCount, $0.attributes) = (65, [UInt8](repeating: 1, count: 400)) } == .limitExceeded)
    }

    @Test func `payloads`() {
        #expect(broken { $0.payload = [1] } == .payloadLengths)
        #expect(broken { $0.original = 1 } == .payloadLengths)
        #expect(broken { ($0.payloadEncoding, $0.payload, $0.original) = (1, [1], 2) } == .payloadLengths)
        #expect(broken { ($0.payloadEncoding, $0.payload, $0.original) = (2, [1], 1) } == .payloadLengths)
        #expect(broken { ($0.payloadEncoding, $0.payload, $0.original) = (2, [], 1) } == .payloadLengths)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, [1], 64 << 20 + 1) } == .limitExceeded)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, [1], 64 << 20) } == .truncated)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, [1], .max) } == .limitExceeded)
    }

    @Test func `frames that lie`() throws {
        let text = [UInt8](repeating: 97, count: 500)
        let frame = try Samples.frame(text)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, frame, 500) } == nil)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, frame, 499) } == .decompression)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, frame, 501) } == .decompression)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, frame + frame, 500) } == .decompression)
        #expect(code { ($0.payloadEncoding, $0.payload, $0.original) = (2, frame + [0], 1000) } == .decompression)
    }
}
