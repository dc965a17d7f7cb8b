/// Finds the k-th largest number by partial sorting (Hoare's quickselect).
enum Selection {
    /// Returns the `rank`-th largest element, with rank 1 being the largest. Reorders the elements.
    ///
    /// - Parameter rank: A rank in 1...count.
    static func largest<Element: Comparable>(_ rank: Int, of elements: UnsafeMutableBufferPointer<Element>) -> Element {
        var low = 0
        var high = elements.count - 1
        let target = rank - 1
        while low < high {
            let pivot = median(elements[low], elements[(low + high) / 2], elements[high])
            var left = low
            var right = high
            while left <= right {
                while elements[left] > pivot { left += 1 }
                while elements[right] < pivot { right -= 1 }
                if left <= right {
                    elements.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if target <= right { high = right } else if target >= left { low = left } else { break }
        }
        return elements[target]
    }

    private static func median<Element: Comparable>(_ a: Element, _ b: Element, _ c: Element) -> Element {
        max(min(a, b), min(max(a, b), c))
    }
}
