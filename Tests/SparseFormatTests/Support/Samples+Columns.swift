@testable import SparseFormat

extension Samples {
    /// A schema, a document with attributes, and columns of every type and presence.
    static func columns(_ random: inout SeededGenerator) throws -> [Sample] {
        var schema = AttributeSchemaRecord()
        for type in AttributeType.allCases { schema.set(Array("\(type)".utf8), type) }
        var samples = [Sample("attributeSchema", schema, .meta, Keys.attributes)]
        let key = Keys.document(random.number())
        let values: [String: AttributeValue] = [
            "integer": .integer(-7), "number": 0.25, "boolean": true, "string": "\u{E9}",
            "date": .date(1_700_000_000_000_000),
            "integers": .integers([3, -1, 3]), "strings": .strings(["b", "a", ""]),
        ]
        let vector = try SparseVector([(3, 0.5), (17, 0.1)])
        let document = try DocumentEncoder(.off)
            .encode(id: "d", vector: vector, tags: ["t"], attributes: values, payload: [1], key: key)
        samples.append(
            Sample("document, attributes", .documents, key, document, isCanonical: true, recode: recodeDocument))
        for type in AttributeType.allCases {
            for share in [1.0, 0.5, 0.05] {
                let made = AttributeValues(type, documents: 70, share: share, &random)
                guard let body = try made.body() else { continue }
                let key = Keys.segment(5, part: 12, index: 0)
                let value = Value.seal(kind: .segmentColumn, version: 1, table: .segments, key: key) { $0.append(body) }
                samples.append(
                    Sample("column of \(type)", .segments, key, value, isCanonical: false, recode: recodeColumn))
            }
        }
        return samples
    }

    /// The column of all values that a column says.
    private static func recodeColumn(
        _ bytes: UnsafeRawBufferPointer, _ table: TableNumber, _ key: [UInt8]
    ) throws -> [UInt8] {
        let opened = try Value.open(bytes, kind: .segmentColumn, table: table, key: key)
        let column = try AttributeColumn(body: opened.bytes)
        var writer = AttributeColumnWriter(name: column.name, documents: column.documents)
        for ordinal in 0..<column.documents {
            if let value = column.value(of: ordinal) { try writer.append(value, ordinal: ordinal) }
        }
        return Value.seal(
            kind: .segmentColumn, version: opened.version, flags: opened.flags, table: table, key: key
        ) { $0.append(writer.body() ?? []) }
    }
}

/// Random values of one attribute, by ordinal.
struct AttributeValues {
    let type: AttributeType
    let documents: Int
    private(set) var values: [Int: AttributeValue] = [:]

    init(_ type: AttributeType, documents: Int, share: Double, _ random: inout SeededGenerator) {
        self.type = type
        self.documents = documents
        let texts = (0..<12).map { _ in random.text(bytes: Int(random.next() % 12)) }
        let scale = [1, 7, 1_000_000, 1 << 40].randomElement(using: &random) ?? 1
        func integer() -> Int64 { Int64.random(in: -20...20, using: &random) * Int64(scale) }
        for ordinal in 0..<documents where Double.random(in: 0..<1, using: &random) < share || ordinal == 3 {
            values[ordinal] =
                switch type {
                case .integer: .integer(integer())
                case .number: .number(Double(integer()) / 4)
                case .boolean: .boolean(random.next() % 2 == 0)
                case .string: .string(texts[Int(random.next() % 12)])
                case .date: .date(integer())
                case .integers: .integers((0...random.next() % 4).map { _ in integer() })
                case .strings: .strings((0...random.next() % 4).map { _ in texts[Int(random.next() % 12)] })
                }
        }
    }

    func body() throws -> [UInt8]? {
        var writer = AttributeColumnWriter(name: Array("a name".utf8), documents: documents)
        for (ordinal, value) in values.sorted(by: { $0.key < $1.key }) { try writer.append(value, ordinal: ordinal) }
        return writer.body()
    }
}
