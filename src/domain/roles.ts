/** What people may do. Light: the command line's table is made with it. */

export const ROLES = ["viewer", "operator", "approver", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** `admin` may do everything but what is refused by human, such as approving one's own run; every role may look. */
export function grants(roles: readonly Role[], wanted: Role): boolean {
  return roles.includes(wanted) || roles.includes("admin") || (wanted === "viewer" && roles.length > 0);
}
