// Enumerations are encoded as the names of their cases, independent of their bytes on disk.

extension Decoder {
    /// Decodes the case with the encoded name.
    func named<Value: CaseIterable & CustomStringConvertible>(_ type: Value.Type) throws -> Value {
        let container = try singleValueContainer()
        let name = try container.decode(String.self)
        guard let value = type.allCases.first(where: { $0.description == name }) else {
            let names = type.allCases.map(\.description).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(name)' is not one of: \(names)")
        }
        return value
    }
}

extension Encoder {
    /// Encodes the name of a case.
    func encode(nameOf value: some CustomStringConvertible) throws {
        var container = singleValueContainer()
        try container.encode(value.description)
    }
}

extension IndexProfile: Codable {
    /// Decodes the name of the profile.
    public init(from decoder: any Decoder) throws { self = try decoder.named(Self.self) }
    /// Encodes the name of the profile.
    public func encode(to encoder: any Encoder) throws { try encoder.encode(nameOf: self) }
}

extension MultivectorCodec: Codable {
    /// Decodes the name of the codec.
    public init(from decoder: any Decoder) throws { self = try decoder.named(Self.self) }
    /// Encodes the name of the codec.
    public func encode(to encoder: any Encoder) throws { try encoder.encode(nameOf: self) }
}
