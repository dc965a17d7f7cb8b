import Foundation

@testable import SparseInterchange
@testable import SparseStore

extension FuzzTarget {
    /// A target for each foreign file format, and for the text of a filter.
    static let interchange = [
        jsonLines, json, csr, npz, npzMembers, npy, trecRun, qrels, truth, queries, weights, zstd, gzip, ciff, measures,
        filter,
    ]

    private static let line =
        #"{"id": "a\u00e9", "content": "text", "vector": {"x": 1.5, "y": 2e-3}, "tags": ["t"], "n": [{}, null, "\ud83d\ude00"]}"#
    private static let multivectorLine = #"{"id": 7, "vector": {"x": 1}, "multivector": [[1, 0.5], [-2, 0]]}"#
    private static let arrays: [UInt8] = npy("<f2", "(3, 2)", [UInt8](repeating: 0x3C, count: 12))

    /// A store accepts everything that is read, and reading from any position yields the rest.
    private static let jsonLines = FuzzTarget(
        name: "jsonl", seeds: { ["\(line)\r\n\n{}\n\(multivectorLine)", "\u{FEFF}\(line)"].map { Array($0.utf8) } },
        run: { bytes in
            try reading {
                let all = try places(JSONLinesReader(source: ByteSource(bytes: Array(bytes)), lineLimit: 1 << 16))
                try requireStorable(all.map(\.row))
                for (index, place) in all.enumerated() where index % 4 == 0 {
                    let rest = try JSONLinesReader(
                        source: ByteSource(bytes: Array(bytes)), from: place.after, lineLimit: 1 << 16)
                    try Finding.unless(
                        try places(rest).map { "\($0.row)" } == all[(index + 1)...].map { "\($0.row)" },
                        "reading on gave other rows")
                }
            }
        })

    /// The forms of JSON that other tools write, with every rule of reading: arrays, objects over several lines, bulk
    /// files of Elasticsearch, vectors of Qdrant and Pinecone. The first byte selects the format, the rules and the
    /// paths of the fields.
    private static let json = FuzzTarget(
        name: "json",
        seeds: {
            let points = #"{"_source": {"key": 7}, "vector": {"text": {"indices": [3, 1], "values": [0.5, 2]}}}"#
            let bulk = #"{"index": {"_index": "i", "_id": "a"}}"# + "\n"
            let pairs =
                #"{"docid": "b", "vector": [["x", 1.5], ["y", "0.25"]], "day": "2024-01-31", "contents": "text"}"#
            let values = #"{"id": "c", "sparse_values": {"indices": [1], "values": [-1]}, "attributes": {"n": [1, 2]}}"#
            return [
                (0x00, "[\(line),\n \(multivectorLine)]"), (0x00, #"{"rows": [\#(line)], "next": 1}"#),
                (0x01, line.replacing(",", with: ",\n")), (0x06, bulk + line + "\n" + bulk + "{}\n" + line),
                (0x20, "\(points)\n\(points)"), (0x0A, pairs + "\n" + pairs), (0x4E, "\(values)\n[\(values)"),
            ].map { [UInt8($0)] + Array($1.utf8) }
        },
        run: { bytes in
            guard let first = bytes.first else { return }
            let bytes = Array(bytes.dropFirst())
            let rules = ReadingRules(
                dropsBadWeights: first & 2 != 0, isStrict: first & 4 != 0, acceptsEmptyVectors: first & 8 != 0)
            let paths = [
                FieldPaths(), FieldPaths(id: "_source.key", vector: "vector.text"),
                FieldPaths(vector: "sparse_values"), FieldPaths(id: "vector.id", vector: "vector.x"),
            ][Int(first >> 5) & 3]
            let payload: PayloadField = first & 0x10 == 0 ? .content : first & 0x80 == 0 ? .named("n") : .none
            try reading {
                var format = try InputFormat.detect(ByteSource(bytes: bytes))
                if format != .jsonl || first & 1 != 0 { format = .json }
                func read(from position: InputPosition = InputPosition()) throws -> JSONLinesReader {
                    try JSONLinesReader(
                        source: ByteSource(bytes: bytes), format: format, paths: paths, payload: payload,
                        dates: ["day"],
                        from: position, lineLimit: 1 << 16, rules: rules)
                }
                let all = try places(read())
                try requireStorable(all.map(\.row))
                for case .reject(let reject) in all.map(\.row) {
                    try Finding.unless(
                        !rules.dropsBadWeights || !reject.concernsWeight, "a bad weight was not dropped")
                }
                for (index, place) in all.enumerated() where index % 4 == 0 {
                    try Finding.unless(
                        try places(read(from: place.after)).map { "\($0.row)" }
                            == all[(index + 1)...].map { "\($0.row)" }, "reading on gave other rows")
                }
            }
        })

    /// Rows by number are the rows in their order.
    private static let csr = FuzzTarget(
        name: "csr", seeds: { [rows([0, 2, 2, 3], terms: [1, 5, 0], weights: [1, 0.5, 3])] },
        run: { bytes in try readMatrix(Array(bytes)) })

    /// The first two bytes are the length of the array of token vectors; what follows that one are the offsets.
    private static let npy = FuzzTarget(
        name: "npy",
        seeds: {
            let offsets = npy("<i4", "(3,)", [0, 1, 3].flatMap { little(Int32($0)) })
            return [little(UInt16(arrays.count)) + arrays + offsets]
        },
        run: { bytes in
            let length = bytes.count < 2 ? 0 : min(bytes.count - 2, Int(bytes[0]) | Int(bytes[1]) << 8)
            let folder = try TemporaryFolder()
            let (tokens, offsets) = (folder.path("tokens"), folder.path("offsets"))
            try Data(bytes.dropFirst(2).prefix(length)).write(to: URL(fileURLWithPath: tokens))
            try Data(bytes.dropFirst(2 + length)).write(to: URL(fileURLWithPath: offsets))
            for offsets in [nil, offsets] {
                try reading {
                    let file = try MultivectorFile(tokens: tokens, offsets: offsets)
                    for index in 0..<file.count {
                        guard case .multivector(let vectors) = try file.entry(index) else { continue }
                        try Finding.unless(vectors.dimension == file.dimension, "another dimension")
                    }
                }
            }
        })

    private static let trecRun = FuzzTarget(
        name: "run", seeds: { [Array("q1 Q0 d1 1 2.5 tag\nq1 Q0 d2 2 1e-3 tag\n".utf8)] },
        run: { bytes in
            try reading {
                let run = try TRECRun(source: ByteSource(bytes: Array(bytes)))
                for ranking in run.rankings.values {
                    try Finding.unless(ranking.allSatisfy { $0.score.isFinite }, "a score that is not finite")
                }
            }
        })

    private static let qrels = FuzzTarget(
        name: "qrels", seeds: { [Array("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1 0 d2 -1\n".utf8)] },
        run: { bytes in try reading { _ = try Qrels(source: ByteSource(bytes: Array(bytes))) } })

    private static let truth = FuzzTarget(
        name: "truth",
        seeds: { [little(UInt32(2)) + little(UInt32(1)) + little(UInt64(7)) + little(UInt64(0x3F80_0000))] },
        run: { bytes in
            try reading {
                let truth = try GroundTruth(source: ByteSource(bytes: Array(bytes)))
                for index in 0..<truth.queries {
                    let answer = truth.answer(index)
                    try Finding.unless(answer.rows.count == truth.k && answer.scores.count == truth.k, "not k answers")
                }
            }
        })

    private static let queries = FuzzTarget(
        name: "queries", seeds: { try jsonLines.seeds() + csr.seeds() },
        run: { bytes in try reading { _ = try QueryFile(source: ByteSource(bytes: Array(bytes))) } })

    private static let weights = FuzzTarget(
        name: "weights", seeds: { [Array(#"{"x": 1, "y": 0.5}"#.utf8), little(Float(1).bitPattern)] },
        run: { bytes in try reading { _ = try WeightTableFile(source: ByteSource(bytes: Array(bytes))) } })

    /// What a frame says of its content is not believed: reading ends at the limit.
    private static let zstd = FuzzTarget(
        name: "zstd",
        seeds: {
            try [Array(line.utf8), [UInt8](repeating: 0x61, count: 9_000)].map { try Samples.frame($0 + $0) }
        },
        run: { bytes in
            try reading {
                let content = try ByteSource(bytes: Array(bytes)).readAll(limit: 1 << 20)
                try Finding.unless(content.count <= 1 << 20, "more than the limit")
            }
            try reading { _ = try places(JSONLinesReader(source: ByteSource(bytes: Array(bytes)), lineLimit: 1 << 12)) }
        })

    /// Inflated content ends at the limit as well, in one member or in several.
    private static let gzip = FuzzTarget(
        name: "gzip",
        seeds: {
            let member = "H4sICAAAAAAC/2xpbmUuanNvbmwubnB6AKtWykxRslJQSlTSUVAqS00uyS8CcquVKoCkYW0tFwAgwJZ+IAAAAA=="
            let bytes = Array(Data(base64Encoded: member) ?? Data())
            return [bytes, bytes + bytes]
        },
        run: { bytes in
            try reading {
                let content = try ByteSource(bytes: Array(bytes)).readAll(limit: 1 << 20)
                try Finding.unless(content.count <= 1 << 20, "more than the limit")
            }
            try reading { _ = try places(JSONLinesReader(source: ByteSource(bytes: Array(bytes)), lineLimit: 1 << 12)) }
        })

    /// Documents are the same however many are gathered at once, and reading can continue at each of them.
    private static let ciff = FuzzTarget(
        name: "ciff",
        seeds: {
            let index = """
                LQgBEAMYAyADKAMwuIIEOWQ7309Vb9VAQhRtYWRlIGJ5IGNpZmYtdG9vbGtpdBQKBGJpcmQQAhgEIgIQAyIECAIQARIKBmVuZ2luZRAB\
                GAciBAgBEAcgCgVzd2lmdBADGK2CBCIDEKwCIgQIARACIgYIARD//wMJEgVNRUQtMRgKCwgBEgVjYWbDqRgKBwgCEgEzGAo=
                """
            return [Array(Data(base64Encoded: index) ?? Data())]
        },
        run: { bytes in
            try reading {
                func read(_ number: Int, _ bounds: CIFFReader.Bounds) throws -> [String] {
                    try places(
                        CIFFReader(
                            source: ByteSource(bytes: Array(bytes)), from: InputPosition(number: number), bounds: bounds
                        )
                    ).map { "\($0.row)" }
                }
                let all = try places(CIFFReader(source: ByteSource(bytes: Array(bytes)))).map(\.row)
                try requireStorable(all)
                let rows = all.map { "\($0)" }
                try Finding.unless(
                    try read(0, CIFFReader.Bounds(documents: 2, postings: 3)) == rows, "small pieces gave other rows")
                for number in rows.indices where number % 4 == 1 {
                    try Finding.unless(
                        try read(number, CIFFReader.Bounds()) == Array(rows[number...]), "reading on gave other rows")
                }
            }
        })

    /// A measure that is read gives values from 0 to 1.
    private static let measures = FuzzTarget(
        name: "measures", seeds: { [Array("nDCG@10,RR(rel=2)@10,P@5,RBP(rel=1, p=0.5)@3 Judged".utf8)] },
        run: { bytes in
            try reading {
                let hits = [ScoredDocument(id: "a", score: 2), ScoredDocument(id: "b", score: 1)]
                for measure in try Measure.list(String(decoding: bytes, as: UTF8.self)) {
                    let value = measure.value(hits, grades: ["a": 1, "b": 3, "c": -1])
                    try Finding.unless((0...1).contains(value), "a value outside of 0 to 1")
                }
            }
        })

    /// A filter that is read obeys its limits.
    private static let filter = FuzzTarget(
        name: "filter", seeds: { [Array(#"tag:a AND NOT (tag:"b \" c" OR id:7)"#.utf8)] },
        run: { bytes in
            _ = try Finding.allowing({ $0 is SparseStoreError }) {
                let filter = try Filter.parse(String(decoding: bytes, as: UTF8.self))
                do { try filter.check() } catch { throw Finding("a filter outside its limits") }
            }
        })

    static func reading(_ body: () throws -> Void) throws {
        _ = try Finding.allowing({ $0 is InterchangeError }, body)
    }

    static func places(_ reader: any SparseInterchange.DocumentReader) throws -> [(
        row: DocumentRow, after: InputPosition
    )] {
        var rows: [(row: DocumentRow, after: InputPosition)] = []
        while let row = try reader.next() { rows.append((row, reader.position)) }
        return rows
    }

    static func requireStorable(_ rows: [DocumentRow]) throws {
        for case .document(let document, _) in rows {
            do { try DocumentValidation.check(document) } catch {
                throw Finding("a document was read that no store takes: \(error)")
            }
        }
    }

    static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func rows(_ pointers: [Int64], terms: [Int32], weights: [Float]) -> [UInt8] {
        let header = [Int64(pointers.count - 1), 100, Int64(terms.count)] + pointers
        return header.flatMap(little) + terms.flatMap(little) + weights.flatMap { little($0.bitPattern) }
    }

    static func npy(_ type: String, _ shape: String, _ data: [UInt8]) -> [UInt8] {
        let header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n".utf8)
        return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(UInt16(header.count)) + header + data
    }
}
