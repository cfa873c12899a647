/** Feeds as the clouds' status pages write them, in shape; what they tell of is made up. */

const googleUsual = {
  id: "aB1",
  number: "1",
  created: "2026-11-26T02:20:00+00:00",
  modified: "2026-11-26T02:40:00+00:00",
  severity: "medium",
  service_key: "x",
  service_name: "Multiple Products",
  updates: [],
  uri: "incidents/aB1",
  previously_affected_locations: [],
};

export function googleIncident(more: object = {}): object {
  return {
    ...googleUsual,
    begin: "2026-11-26T02:10:00+00:00",
    end: null,
    external_desc: "**Title:**\nElevated errors for several products",
    status_impact: "SERVICE_DISRUPTION",
    affected_products: [{ title: "Google Kubernetes Engine", id: "k" }],
    currently_affected_locations: [{ title: "Oregon (us-west1)", id: "us-west1" }],
    most_recent_update: {
      when: "2026-11-26T02:30:00+00:00",
      modified: "2026-11-26T02:31:00+00:00",
      status: "SERVICE_DISRUPTION",
      text: "**Summary** ...",
    },
    ...more,
  };
}

export function awsEvent(more: object = {}): object {
  return {
    date: "1764122400",
    arn: "arn:aws:health:us-west-2::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/AWS_EC2_OPERATIONAL_ISSUE_X",
    region_name: "Oregon",
    status: "2",
    service: "ec2-us-west-2",
    service_name: "Amazon Elastic Compute Cloud",
    summary: "Increased Error Rates",
    event_log: [
      { summary: "Increased Error Rates", message: "We are investigating", status: 1, timestamp: 1764122400 },
      { summary: "Increased Error Rates", message: "Still", status: 2, timestamp: 1764123000 },
    ],
    impacted_services: {
      "ec2-us-west-2": { service_name: "Amazon Elastic Compute Cloud", current: "2", max: "2" },
      "eks-us-west-2": { service_name: "Amazon Elastic Kubernetes Service", current: "0", max: "2" },
    },
    ...more,
  };
}

export function azureFeed(...items: readonly string[]): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<rss xmlns:a10="http://www.w3.org/2005/Atom" version="2.0"><channel>
  <title>Azure Status</title>
  <link>https://azure.status.microsoft/en-us/status/</link>
  <description>Azure Status</description>
  <lastBuildDate>Thu, 26 Nov 2026 02:40:00 Z</lastBuildDate>
  ${items.join("\n")}
</channel></rss>`;
}

export function azureItem(title: string, ...categories: readonly string[]): string {
  return `<item>
  <guid isPermaLink="false">X</guid>
  <link>https://azure.status.microsoft/en-us/status/</link>
  ${categories.map((name) => `<category>${name}</category>`).join("")}
  <title>${title}</title>
  <description><![CDATA[<p>Unlike the earlier event in <b>North Europe</b>, this one ...</p>]]></description>
  <pubDate>Thu, 26 Nov 2026 02:29:09 Z</pubDate>
</item>`;
}

export function statuspageSummary(more: object = {}): object {
  return {
    page: { id: "p", name: "A cloud", url: "https://status.example.org", updated_at: "2026-11-26T02:30:00Z" },
    status: { indicator: "none", description: "All Systems Operational" },
    components: [
      { name: "Compute", status: "operational", group: false, updated_at: "2026-11-26T02:00:00Z" },
      { name: "All of it", status: "major_outage", group: true },
    ],
    incidents: [],
    scheduled_maintenances: [],
    ...more,
  };
}

/** As AWS sends it: UTF-16, big end first, with its mark. */
export function utf16(text: string, end: "be" | "le" = "be"): Buffer {
  const bytes = Buffer.from(`\uFEFF${text}`, "utf16le");
  return end === "be" ? bytes.swap16() : bytes;
}
