/// The properties of a scalar that folding and WordPiece need.
struct ScalarProperties: OptionSet, Sendable {
    let rawValue: UInt8

    /// The scalar has a different lowercase form.
    static let hasLowercase = ScalarProperties(rawValue: 1)
    /// Composition may join the scalar with the previous one, or replace it.
    static let mayCompose = ScalarProperties(rawValue: 2)
    /// The scalar has a canonical decomposition.
    static let decomposes = ScalarProperties(rawValue: 4)
    /// The scalar is a nonspacing mark: general category Mn.
    static let nonspacingMark = ScalarProperties(rawValue: 8)
    /// White_Space.
    static let whiteSpace = ScalarProperties(rawValue: 16)
    /// WordPiece treats the scalar as punctuation: general category P in Unicode 8.
    static let piecePunctuation = ScalarProperties(rawValue: 32)
    /// WordPiece treats the scalar as a control character: general category Cc, Cf, Cs or Co in Unicode 8.
    static let pieceControl = ScalarProperties(rawValue: 64)
    /// WordPiece treats the scalar as an accent: general category Mn in Unicode 8.
    static let pieceAccent = ScalarProperties(rawValue: 128)

    /// The properties of each scalar as a raw value.
    static let table: ScalarTable = {
        var flat = [UInt8](repeating: 0, count: 0x110000)
        for range in [0..<0x40000, 0xE0000..<0xE1000] {
            for code in range {
                guard let scalar = Unicode.Scalar(UInt32(code)) else { continue }
                flat[code] = Self(scalar).rawValue
            }
        }
        // Private use, planes 15 and 16.
        for code in 0xF0000..<0x110000 where code & 0xFFFE != 0xFFFE { flat[code] = pieceControl.rawValue }
        for code in Composition.shared.followers { flat[Int(code)] |= mayCompose.rawValue }
        return ScalarTable(flat)
    }()

    init(rawValue: UInt8) { self.rawValue = rawValue }

    private init(_ scalar: Unicode.Scalar) {
        var found: Self = []
        let properties = scalar.properties
        if properties.generalCategory == .nonspacingMark { found.insert(.nonspacingMark) }
        found.formUnion(Self.ofPieces(scalar))
        if properties.changesWhenLowercased { found.insert(.hasLowercase) }
        if properties.isWhitespace { found.insert(.whiteSpace) }
        if Composition.shared.decomposes(scalar.value) { found.insert(.decomposes) }
        let isReplaced = found.contains(.decomposes) && !Composition.shared.isComposite(scalar.value)
        if properties.canonicalCombiningClass != .notReordered || isReplaced { found.insert(.mayCompose) }
        self = found
    }

    /// The properties that Hugging Face's `tokenizers` uses. Its categories are those of Unicode 8, with which the
    /// models were trained: later scalars have none, and seven scalars have changed their category since.
    private static func ofPieces(_ scalar: Unicode.Scalar) -> Self {
        switch scalar.value {
        case 0x166D, 0x111C9: return .piecePunctuation
        case 0x1734, 0x1171E: return .pieceAccent
        case 0x1885, 0x1886, 0xA9BD: return []
        default: break
        }
        guard let age = scalar.properties.age, age.major < 8 || age.major == 8 && age.minor == 0 else { return [] }
        switch scalar.properties.generalCategory {
        case .nonspacingMark: return .pieceAccent
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return .piecePunctuation
        case .control, .format, .surrogate, .privateUse: return .pieceControl
        default: return []
        }
    }
}

/// A table with one byte per Unicode scalar, in two stages: pages of 256 scalars, with each distinct page stored once.
struct ScalarTable: Sendable {
    private static let pageBits: UInt32 = 8
    private let pages: [UInt16]
    private let values: [UInt8]

    /// - Parameter flat: One byte for each scalar from 0; scalars past its end have 0.
    init(_ flat: [UInt8]) {
        let size = 1 << Self.pageBits
        var numbers: [ArraySlice<UInt8>: UInt16] = [:]
        var pages: [UInt16] = []
        var values: [UInt8] = []
        let zeros = ArraySlice([UInt8](repeating: 0, count: size))
        for page in 0..<0x110000 / size {
            let start = page * size
            let slice = start + size <= flat.count ? flat[start..<start + size] : zeros
            let number = numbers[slice] ?? UInt16(numbers.count)
            if Int(number) == numbers.count {
                numbers[slice] = number
                values += slice
            }
            pages.append(number)
        }
        self.pages = pages
        self.values = values
    }

    /// Returns the byte of a scalar, which must be below 0x110000.
    subscript(_ code: UInt32) -> UInt8 {
        values[Int(pages[Int(code >> Self.pageBits)]) << Int(Self.pageBits) | Int(code & 0xFF)]
    }
}

/// Reads the scalars of valid UTF-8, such as that of a `String`.
struct ScalarReader {
    let bytes: UnsafeBufferPointer<UInt8>
    /// The offset of the next scalar.
    var position: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// Reads the next scalar; the reader must not be at its end.
    @inline(__always)
    mutating func next() -> UInt32 {
        let first = UInt32(bytes[position])
        if first < 0x80 {
            position += 1
            return first
        }
        return nextOfSeveral(first)
    }

    private mutating func nextOfSeveral(_ first: UInt32) -> UInt32 {
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        var code = first & (0x7F >> UInt32(length))
        for offset in 1..<length { code = code << 6 | UInt32(bytes[position + offset] & 0x3F) }
        position += length
        return code
    }
}

extension [UInt8] {
    /// Appends a scalar in UTF-8.
    mutating func append(scalar code: UInt32) {
        switch code {
        case 0..<0x80: append(UInt8(code))
        case 0x80..<0x800:
            append(UInt8(0xC0 | code >> 6))
            append(UInt8(0x80 | code & 0x3F))
        case 0x800..<0x10000:
            append(UInt8(0xE0 | code >> 12))
            append(UInt8(0x80 | code >> 6 & 0x3F))
            append(UInt8(0x80 | code & 0x3F))
        default:
            append(UInt8(0xF0 | code >> 18))
            append(UInt8(0x80 | code >> 12 & 0x3F))
            append(UInt8(0x80 | code >> 6 & 0x3F))
            append(UInt8(0x80 | code & 0x3F))
        }
    }
}

extension String {
    /// Runs `body` with the text's UTF-8, which is copied only if it is not contiguous.
    func withUTF8Bytes<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        if let result = try utf8.withContiguousStorageIfAvailable(body) { return result }
        return try Array(utf8).withUnsafeBufferPointer(body)
    }
}
