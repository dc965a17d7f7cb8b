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
