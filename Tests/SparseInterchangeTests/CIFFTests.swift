import Foundation
import SparseStore
import Testing

@testable import SparseInterchange

@Suite("Inverted indexes in CIFF, of honest files and of lying ones")
struct CIFFTests {
    /// Made by Tests/Fixtures/make-ciff.py.
    private func file(_ name: String = "ciffToolkit.ciff") throws -> [UInt8] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: tests.appendingPathComponent("Fixtures/matrices/\(name)")))
    }

    private func rows(
        _ bytes: [UInt8], from number: Int = 0, rules: ReadingRules = ReadingRules(),
        bounds: CIFFReader.Bounds = CIFFReader.Bounds()
    ) throws -> [DocumentRow] {
        let reader = try CIFFReader(
            source: ByteSource(bytes: bytes), from: InputPosition(number: number), rules: rules, bounds: bounds)
        var rows: [DocumentRow] = []
        while let row = try reader.next() { rows.append(row) }
        return rows
    }

    private func documents(_ rows: [DocumentRow]) -> [Document] {
        rows.compactMap { if case .document(let document, _) = $0 { document } else { nil } }
    }

    /// A message behind its length.
    private func message(_ fields: [UInt8]) -> [UInt8] { [UInt8(fields.count)] + fields }

    /// An index of one list and one document.
    private func index(header: [UInt8] = [8, 1, 16, 1, 24, 1], list: [UInt8], record: [UInt8] = [18, 1, 97]) -> [UInt8]
    {
        message(header) + message(list) + message(record)
    }

    @Test(arguments: ["ciffToolkit.ciff", "ciffToolkit.ciff.gz"])
    func `an index of ciff-toolkit is read by documents`(name: String) throws {
        let source = try ByteSource(bytes: try file(name))
        #expect(try InputFormat.detect(source) == .ciff)
        let found = documents(try rows(try file(name)))
        #expect(found.map(\.id) == ["MED-1", "caf\u{E9}", "3"])
        let contents = found.map(\.content)
        #expect(
            contents == [
                .terms([WeightedTerm("bird", 3), WeightedTerm("swift", 300)]),
                .terms([WeightedTerm("engine", 7), WeightedTerm("swift", 2)]),
                .terms([WeightedTerm("bird", 1), WeightedTerm("swift", 65_535)]),
            ])
    }

    @Test(arguments: [(1, 100), (2, 3), (100, 1)])
    func `documents are the same when few are gathered at once`(documents count: Int, postings: Int) throws {
        let bytes = try file()
        var bounds = CIFFReader.Bounds()
        bounds.documents = count
        bounds.postings = postings
        #expect(documents(try rows(bytes, bounds: bounds)) == documents(try rows(bytes)))
    }

    @Test(arguments: 0...3)
    func `reading goes on at any document`(number: Int) throws {
        let bytes = try file()
        #expect(documents(try rows(bytes, from: number)) == Array(documents(try rows(bytes)).dropFirst(number)))
    }

    @Test
    func `an index that is cut anywhere is an error, and no part of it is lost in silence`() throws {
        let bytes = try file()
        for count in 0..<bytes.count {
            let error = #expect(throws: InterchangeError.self, "\(count) bytes") { try rows(Array(bytes[..<count])) }
            #expect(error?.code == .invalidInput || error?.code == .unsupported)
        }
        #expect(throws: InterchangeError.self) { try rows(bytes + [0]) }
    }

    @Test
    func `flipped bits give an error or documents, and never end the process`() throws {
        let bytes = try file()
        for index in bytes.indices {
            for bit in 0..<8 {
                var bytes = bytes
                bytes[index] ^= 1 << bit
                do { _ = try rows(bytes) } catch is InterchangeError {}
            }
        }
    }

    @Test
    func `a header that promises what the file cannot hold is refused at once`() throws {
        for header: [UInt8] in [[8, 1, 16, 255, 255, 255, 255, 15, 24, 1], [8, 1, 16, 1, 24, 255, 255, 255, 255, 15]] {
            let error = #expect(throws: InterchangeError.self) {
                try rows(index(header: header, list: [10, 1, 120, 34, 2, 16, 1]))
            }
            #expect(error?.message.contains("damaged") == true)
        }
    }

    @Test
    func `documents that do not rise, and numbers past the last one, are damage`() throws {
        for postings: [UInt8] in [[34, 2, 16, 1, 34, 2, 16, 1], [34, 4, 8, 1, 16, 1], [34, 4, 8, 255, 255, 1]] {
            #expect(throws: InterchangeError.self) { try rows(index(list: [10, 1, 120] + postings)) }
        }
        let records = #expect(throws: InterchangeError.self) {
            try rows(index(list: [10, 1, 120, 34, 2, 16, 1], record: [8, 5, 18, 1, 97]))
        }
        #expect(records?.message.contains("order") == true)
    }

    @Test
    func `another version is named`() throws {
        let error = #expect(throws: InterchangeError.self) {
            try rows(index(header: [8, 2, 16, 1, 24, 1], list: [10, 1, 120, 34, 2, 16, 1]))
        }
        #expect(error?.message.contains("version 2") == true)
    }

    @Test
    func `a count below zero is a bad weight, one of zero is nothing, but for strict rules`() throws {
        let negative = index(list: [10, 1, 120, 34, 11, 16] + [UInt8](repeating: 255, count: 9) + [1])
        guard case .reject(let reject)? = try rows(negative).first else {
            Issue.record("read")
            return
        }
        #expect(reject.concernsWeight)
        let zero =
            message([8, 1, 16, 2, 24, 1]) + message([10, 1, 120, 34, 2, 16, 0]) + message([10, 1, 121, 34, 2, 16, 4])
            + message([18, 1, 97])
        #expect(documents(try rows(zero)).map(\.content) == [.terms([WeightedTerm("y", 4)])])
        #expect(documents(try rows(zero, rules: ReadingRules(isStrict: true))).isEmpty)
        let nothing = index(list: [10, 1, 120, 34, 2, 16, 0])
        #expect(documents(try rows(nothing)).isEmpty)
        #expect(documents(try rows(nothing, rules: ReadingRules(acceptsEmptyVectors: true))) == [Document(id: "a")])
    }
}
