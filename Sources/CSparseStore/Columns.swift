internal import CSparseStoreHeader
internal import SparseStore

/// Attributes of many documents that a caller has passed, checked once.
struct InputColumns {
    /// One attribute.
    private struct Column {
        let name: String
        let type: sparsestore_type
        let present: UnsafePointer<UInt8>?
        let integers: UnsafePointer<Int64>?
        let numbers: UnsafePointer<Double>?
        let strings: InputStrings?
        let offsets: UnsafePointer<Int64>?

        init(_ column: sparsestore_column, rows: Int) throws {
            guard let bytes = column.name, let name = String(validatingCString: bytes) else {
                throw misuse("an attribute has no name, or its name is not UTF-8", "name each column")
            }
            let label = "attribute '\(name)'"
            strings = try column.strings.map { try InputStrings($0.pointee, name: label) }
            (integers, numbers, offsets) = (column.integers, column.numbers, column.offsets)
            let isList = [SPARSESTORE_INTEGERS, SPARSESTORE_STRINGS].contains(column.type)
            let elements: Int
            if isList {
                guard let offsets else {
                    throw misuse("the \(label) has no offsets", "pass rows + 1 offsets, ascending from 0")
                }
                try checkRising(offsets, count: Int64(rows), name: label)
                elements = Int(offsets[rows])
            } else {
                elements = rows
            }
            let isThere: Bool
            switch column.type {
            case SPARSESTORE_INTEGER, SPARSESTORE_BOOLEAN, SPARSESTORE_DATE, SPARSESTORE_INTEGERS:
                isThere = integers != nil || elements == 0
            case SPARSESTORE_NUMBER: isThere = numbers != nil || elements == 0
            case SPARSESTORE_STRING, SPARSESTORE_STRINGS: isThere = strings?.count ?? 0 == elements
            default:
                throw misuse("the \(label) has the type \(column.type.rawValue), which does not exist", "pass 1 to 7")
            }
            guard isThere else {
                throw misuse(
                    "the \(label) does not have the \(elements) values of its type", "pass the array of its type")
            }
            self.name = name
            type = column.type
            present = column.present
        }

        func value(_ row: Int) throws -> AttributeValue? {
            if let present, present[row] == 0 { return nil }
            let range = offsets.map { Int($0[row])..<Int($0[row + 1]) } ?? row..<row + 1
            func integer(_ index: Int) -> Int64 { integers?[index] ?? 0 }
            func text(_ index: Int) throws -> String { try strings?.text(index, name: "attribute '\(name)'") ?? "" }
            switch type {
            case SPARSESTORE_INTEGER: return .integer(integer(row))
            case SPARSESTORE_BOOLEAN: return .boolean(integer(row) != 0)
            case SPARSESTORE_DATE: return .date(integer(row))
            case SPARSESTORE_NUMBER: return .number(numbers?[row] ?? 0)
            case SPARSESTORE_STRING: return .string(try text(row))
            case SPARSESTORE_INTEGERS: return range.isEmpty ? nil : .integers(range.map(integer))
            default: return range.isEmpty ? nil : .strings(try range.map(text))
            }
        }
    }

    private let columns: [Column]

    init(_ columns: UnsafePointer<sparsestore_column>?, count: Int64, rows: Int) throws {
        guard count >= 0, columns != nil || count == 0 else {
            throw misuse("there are \(count) columns, but the pointer to them is NULL", "pass the columns")
        }
        self.columns = try UnsafeBufferPointer(start: columns, count: Int(count)).map { try Column($0, rows: rows) }
        let names = Set(self.columns.map { TextKey($0.name) })
        guard names.count == self.columns.count else {
            throw misuse("two columns have the same attribute", "pass one column for each name")
        }
    }

    /// Returns the values of a row by attribute; nil for an attribute without a value.
    func values(_ row: Int) throws -> [(name: String, value: AttributeValue?)] {
        try columns.map { ($0.name, try $0.value(row)) }
    }
}

/// An attribute of many hits, in the layout of the C interface.
final class OutputColumn {
    private let name: OutputArray<CChar>
    private let type: sparsestore_type
    private let present: OutputArray<UInt8>
    private let integers: OutputArray<Int64>
    private let numbers: OutputArray<Double>
    private let strings: OutputStrings
    private let offsets: OutputArray<Int64>

    /// - Parameter values: One value for each row. Their types must have a common type.
    init(_ name: String, _ values: [AttributeValue?]) {
        self.name = OutputArray(name.utf8CString)
        var (integers, numbers, texts, lengths): ([Int64], [Double], [[UInt8]?], [Int]) = ([], [], [], [])
        let types = Set(values.compactMap { $0?.type })
        // A column may have both integers and other numbers.
        type = Self.type(types.contains(.number) ? .number : types.first ?? .integer)
        for value in values {
            switch value {
            case nil: lengths.append(0)
            case .integers(let list)?:
                lengths.append(list.count)
                integers += list
            case .strings(let list)?:
                lengths.append(list.count)
                texts += list.map { Array($0.utf8) }
            case .integer?, .number?, .boolean?, .date?, .string?: lengths.append(1)
            }
            guard type != SPARSESTORE_INTEGERS, type != SPARSESTORE_STRINGS else { continue }
            switch value {
            case .integer(let number)?:
                integers.append(number)
                numbers.append(Double(number))
                texts.append(nil)
            case .date(let number)?:
                integers.append(number)
                numbers.append(0)
                texts.append(nil)
            case .boolean(let isTrue)?:
                integers.append(isTrue ? 1 : 0)
                numbers.append(0)
                texts.append(nil)
            case .number(let number)?:
                integers.append(0)
                numbers.append(number)
                texts.append(nil)
            case .string(let text)?:
                integers.append(0)
                numbers.append(0)
                texts.append(Array(text.utf8))
            case .integers?, .strings?, nil:
                integers.append(0)
                numbers.append(0)
                texts.append(nil)
            }
        }
        present = OutputArray(values.map { $0 == nil ? 0 : 1 })
        self.integers = OutputArray(integers)
        self.numbers = OutputArray(numbers)
        strings = OutputStrings(texts)
        offsets = OutputArray(starts: lengths)
        shown = .allocate(capacity: 1)
        shown.initialize(to: strings.view)
    }

    deinit { shown.deallocate() }

    /// The strings that a column points to.
    private let shown: UnsafeMutablePointer<sparsestore_strings>

    var view: sparsestore_column {
        sparsestore_column(
            name: name.pointer, type: type, present: present.pointer, integers: integers.pointer,
            numbers: numbers.pointer, strings: UnsafePointer(shown), offsets: offsets.pointer)
    }

    private static func type(_ type: AttributeType) -> sparsestore_type {
        switch type {
        case .integer: SPARSESTORE_INTEGER
        case .number: SPARSESTORE_NUMBER
        case .boolean: SPARSESTORE_BOOLEAN
        case .string: SPARSESTORE_STRING
        case .date: SPARSESTORE_DATE
        case .integers: SPARSESTORE_INTEGERS
        case .strings: SPARSESTORE_STRINGS
        }
    }
}
