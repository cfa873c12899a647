/**
 * Azure's regions by the names that its status page gives them. From
 * https://learn.microsoft.com/azure/reliability/regions-list. One that is missing here is not told apart, so that
 * its trouble counts as the whole cloud's: too much is said, never too little.
 */
const NAMES = `
East US, East US 2, Central US, North Central US, South Central US, West Central US, West US,
West US 2, West US 3, Canada Central, Canada East, Mexico Central, Brazil South, Brazil Southeast,
Chile Central, North Europe, West Europe, UK South, UK West, France Central, France South,
Germany North, Germany West Central, Austria East, Belgium Central, Denmark East, Italy North,
Norway East, Norway West, Poland Central, Spain Central, Sweden Central, Sweden South,
Switzerland North, Switzerland West, UAE Central, UAE North, Qatar Central, Israel Central,
South Africa North, South Africa West, East Asia, Southeast Asia, Australia Central,
Australia Central 2, Australia East, Australia Southeast, Central India, South India, West India,
Japan East, Japan West, Korea Central, Korea South, Indonesia Central, Malaysia West,
New Zealand North
`
  .split(",")
  .map((name) => name.trim());

// The longest first: `West US` is in `West US 2`, and `Central US` in `North Central US`.
const longestFirst = NAMES.toSorted((a, b) => b.length - a.length);
const pattern = new RegExp(`\\b(?:${longestFirst.join("|").replaceAll(" ", "\\s")})\\b`, "gi");

/** As they are written there. */
export function azureRegionsIn(text: string): string[] {
  return [...text.slice(0, 1_000).matchAll(pattern)].map(([name]) => name);
}
