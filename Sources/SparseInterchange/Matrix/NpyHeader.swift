/// The header of a NumPy array file, versions 1 to 3 (numpy.lib.format): the type and the number of elements.
struct NpyHeader {
    /// The number of bytes that determine the version and the length of the rest.
    static let prefixBytes = 12
    static let longest = 64 << 10

    /// The type as NumPy writes it: `<f2`.
    let type: String
    let shape: [UInt64]
    /// The offset of the elements.
    let dataOffset: UInt64

    /// Returns the number of bytes of the header, given `prefix`; nil if it is not such a file.
    static func length(_ prefix: [UInt8]) -> Int? {
        guard prefix.count >= 10, prefix.starts(with: [0x93] + Array("NUMPY".utf8)), prefix[7] == 0 else { return nil }
        switch prefix[6] {
        case 1: return 10 + Int(prefix[8]) + Int(prefix[9]) << 8
        case 2, 3:
            guard prefix.count >= 12 else { return nil }
            return 12 + (0..<4).reduce(0) { $0 + Int(prefix[8 + $1]) << (8 * $1) }
        default: return nil
        }
    }

    /// - Parameter bytes: The whole header.
    init(_ bytes: [UInt8], name: String) throws(InterchangeError) {
        var literal = PythonLiteral(bytes[(bytes[6] == 1 ? 10 : 12)...])
        guard let fields = literal.fields(), let type = fields.type, fields.isFortran == false, let shape = fields.shape
        else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' is not an array in C order with a plain element type; "
                    + "write it with numpy.save(file, numpy.ascontiguousarray(array))")
        }
        self.type = type
        self.shape = shape
        dataOffset = UInt64(bytes.count)
    }

    /// Returns the size of a file with this header; nil if no file can be that large.
    func fileSize(elementBytes: Int) -> UInt64? {
        var size = UInt64(elementBytes)
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            size = product
        }
        let (total, overflow) = size.addingReportingOverflow(dataOffset)
        return overflow || total > UInt64(Int64.max) ? nil : total
    }
}

/// Parses the dictionary of an npy header: `{'descr': '<f2', 'fortran_order': False, 'shape': (3, 128), }` and spaces.
private struct PythonLiteral {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Nil if it is not that dictionary, or has a field twice.
    mutating func fields() -> (type: String?, isFortran: Bool?, shape: [UInt64]?)? {
        var found: (type: String?, isFortran: Bool?, shape: [UInt64]?)
        guard take("{") else { return nil }
        while !take("}") {
            guard let key = text(), take(":") else { return nil }
            switch key {
            case "descr" where found.type == nil:
                found.type = text()
                if found.type == nil { return nil }
            case "fortran_order" where found.isFortran == nil:
                if take("False") {
                    found.isFortran = false
                } else if take("True") {
                    found.isFortran = true
                } else {
                    return nil
                }
            case "shape" where found.shape == nil:
                guard let shape = tuple() else { return nil }
                found.shape = shape
            default: return nil
            }
            guard take(",") || rest.first == UInt8(ascii: "}") else { return nil }
        }
        skipSpaces()
        return rest.isEmpty ? found : nil
    }

    private mutating func skipSpaces() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x09 }
    }

    private mutating func take(_ word: String) -> Bool {
        skipSpaces()
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        skipSpaces()
        return true
    }

    private mutating func text() -> String? {
        skipSpaces()
        guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        let content = rest.dropFirst().prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
        guard content.endIndex < rest.endIndex, rest[content.endIndex] == quote else { return nil }
        rest = rest[(content.endIndex + 1)...]
        skipSpaces()
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func tuple() -> [UInt64]? {
        guard take("(") else { return nil }
        var numbers: [UInt64] = []
        while !take(")") {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard numbers.count < 8, let number = UInt64(String(decoding: digits, as: UTF8.self)) else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(digits.count)
            guard take(",") || rest.first == UInt8(ascii: ")") else { return nil }
        }
        return numbers
    }
}
